import HostCore
import HostGeneration

/// What makes two loads the same.
struct LoadKey: Hashable {
    let id: String
    let options: LoadOptions
}

typealias LoadResult = Result<ResidentModel, ModelServiceError>

/// The loads that were asked for, in that order, and who waits for each; the first is the one that runs, if any does.
///
/// A value without any rules: the model manager decides who is woken and when.
struct LoadQueue {
    struct Load {
        let number: Int
        let key: LoadKey
        let source: ModelSource
        let loader: any ModelLoader
        let reporter: LoadReporter
        /// Whether it goes on without waiters, as what the command line asks for does.
        let isKept: Bool
        /// A loaded model that will not do, since its files have changed; by number, so that its memory can go.
        let outdated: Int?
        /// What the probe has opened, with the files as they were then.
        let opened: (model: any OpenedModel, stamp: FileStamp)?
    }

    struct Entry {
        let load: Load
        var waiters: [Int: CheckedContinuation<LoadResult, Never>] = [:]
        var task: Task<Void, Never>?
    }

    private(set) var entries: [Entry] = []
    private var count = 0

    var first: Load? { entries.first?.load }
    var last: Load? { entries.last?.load }

    func contains(_ number: Int) -> Bool { position(of: number) != nil }

    /// The load of a key that was asked for last.
    func last(where isWanted: (Load) -> Bool) -> Load? { entries.last { isWanted($0.load) }?.load }

    mutating func add(_ make: (Int) -> Load) -> Load {
        count += 1
        let load = make(count)
        entries.append(Entry(load: load))
        return load
    }

    mutating func setTask(_ task: Task<Void, Never>, of number: Int) {
        if let position = position(of: number) { entries[position].task = task }
    }

    /// False when there is no such load any more; the continuation is then the caller's to resume.
    mutating func addWaiter(_ waiter: Int, _ continuation: CheckedContinuation<LoadResult, Never>, of number: Int) -> Bool {
        guard let position = position(of: number) else { return false }
        entries[position].waiters[waiter] = continuation
        return true
    }

    /// Takes a waiter out, and says whether the load is left without any and not kept.
    mutating func removeWaiter(
        _ waiter: Int, of number: Int
    ) -> (continuation: CheckedContinuation<LoadResult, Never>, isAbandoned: Bool)? {
        guard let position = position(of: number),
            let continuation = entries[position].waiters.removeValue(forKey: waiter)
        else { return nil }
        return (continuation, entries[position].waiters.isEmpty && !entries[position].load.isKept)
    }

    mutating func remove(_ number: Int) -> Entry? { position(of: number).map { entries.remove(at: $0) } }

    mutating func removeAll(where isUnwanted: (Load) -> Bool) -> [Entry] {
        defer { entries.removeAll { isUnwanted($0.load) } }
        return entries.filter { isUnwanted($0.load) }
    }

    mutating func removeAll() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    private func position(of number: Int) -> Int? { entries.firstIndex { $0.load.number == number } }
}
