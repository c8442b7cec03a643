/// What the models of the host do and have done, for those who watch it.
package struct ServiceCounters: Sendable {
    /// One model in memory.
    package struct Engine: Sendable {
        package var model: String
        package var load: EngineLoad

        package init(model: String, load: EngineLoad) {
            (self.model, self.load) = (model, load)
        }
    }

    /// Loads that have ended.
    package struct Loads: Sendable {
        package var ready = 0
        package var failed = 0
        package var cancelled = 0
        /// What those took that succeeded.
        package var seconds = 0.0

        package init() {}
    }

    /// Where the states of prompts' beginnings were found.
    package struct Lookups: Sendable {
        package var memory = 0
        package var folder = 0
        package var store = 0
        package var none = 0

        package init() {}

        mutating func add(_ level: StateLevel?) {
            switch level {
            case .memory: memory += 1
            case .folder: folder += 1
            case .store: store += 1
            case nil: none += 1
            }
        }
    }

    package var engines: [Engine] = []
    package var loads = Loads()
    package var stateCacheBytes = 0
    package var lookups = Lookups()

    package init() {}
}
