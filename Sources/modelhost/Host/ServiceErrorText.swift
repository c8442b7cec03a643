import HostCore
import HostGeneration

/// What the terminal says when no engine is available.
enum ServiceErrorText {
    static func text(_ error: ModelServiceError) -> String {
        switch error {
        case .unknownModel(let name, let available): "no model \(name); \(list(available))"
        case .noModel(let available): "no model is loaded; \(list(available))"
        case .load(let error): error.description
        case .tooManyLoads(let waiting): "\(waiting) loads of models are waiting already"
        case .abandoned: "the load was abandoned before it finished"
        case .shuttingDown: "the host is shutting down"
        }
    }

    private static func list(_ ids: [String]) -> String {
        ids.isEmpty ? "there is none" : "there are \(ids.joined(separator: ", "))"
    }
}
