import HostCore

/// Continuous batching: every step feeds each runnable sequence in one forward pass.
///
/// A sequence that writes gives its last token, one that reads gives a chunk of its prompt; chunks share a budget and
/// take turns, so a long prompt delays nobody by more than a chunk for each prompt before it. Sequences whose reader is
/// slow are skipped; those that ended leave before the next step.
final class Scheduler {
    private let loaded: LoadedModel
    private let configuration: EngineConfiguration
    private let queue: RequestQueue
    private let log: Log

    private var sequences: [ActiveSequence] = []
    /// The members of the present step and their rows, at the same positions.
    private var members: [ActiveSequence] = []
    private var rows: [ForwardRow] = []

    init(loaded: LoadedModel, configuration: EngineConfiguration, queue: RequestQueue, log: Log) {
        self.loaded = loaded
        self.configuration = configuration
        self.queue = queue
        self.log = log
    }

    /// Does one step; true if there is more to do at once.
    func step() -> Bool {
        dropCancelled()
        admit()
        gather()
        if !rows.isEmpty {
            forward()
            for (position, member) in members.enumerated() where !member.hasEnded { member.take(&rows[position]) }
            members.removeAll(keepingCapacity: true)
            rows.removeAll(keepingCapacity: true)
            removeEnded()
        }
        // Every sequence is asked, because a refusal is what makes its reader wake the engine later.
        let runnable = sequences.filter { $0.hasRoom }
        return !runnable.isEmpty || queue.hasNext
    }

    private func dropCancelled() {
        let dropsAll = queue.takeCancellation()
        for sequence in sequences where dropsAll || sequence.isCancelled { sequence.finish(.cancelled) }
        removeEnded()
    }

    private func removeEnded() {
        let count = sequences.count
        sequences.removeAll(where: \.hasEnded)
        if sequences.count < count { queue.leave(count - sequences.count) }
    }

    private func admit() {
        for request in queue.takeNext() {
            sequences.append(ActiveSequence(request, loaded: loaded, configuration: configuration, log: log))
        }
    }

    /// Chooses who takes part; readers that got a chunk go to the end of the line.
    private func gather() {
        var budget = configuration.prefillChunk
        var served: [ActiveSequence] = []
        var others: [ActiveSequence] = []
        for sequence in sequences {
            guard sequence.hasRoom, let count = sequence.nextChunkCount else {
                others.append(sequence)
                if sequence.hasRoom { add(sequence) }
                continue
            }
            if count <= budget || budget == configuration.prefillChunk {
                budget = max(0, budget - count)
                served.append(sequence)
                add(sequence)
            } else {
                others.append(sequence)
            }
        }
        sequences = others + served
    }

    private func add(_ sequence: ActiveSequence) {
        members.append(sequence)
        rows.append(sequence.makeRow())
    }

    /// One pass for all; when a row is refused, one for each, so that only the culprit ends.
    ///
    /// A model that refuses has advanced no state; where a device fails that is not so, and all end.
    private func forward() {
        do {
            try loaded.model.forward(&rows)
        } catch {
            guard members.count > 1, error.kind != .device else {
                for member in members { member.fail(error) }
                return
            }
            for (position, member) in members.enumerated() {
                var single = [rows[position]]
                do {
                    try loaded.model.forward(&single)
                    rows[position] = single[0]
                } catch {
                    member.fail(error)
                }
            }
        }
    }
}
