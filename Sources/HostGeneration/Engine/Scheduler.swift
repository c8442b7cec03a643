import HostCore

/// Continuous batching: every step feeds each runnable sequence in one forward pass.
///
/// A sequence that writes gives its last token, one that reads gives a chunk of its prompt; chunks share a budget and
/// take turns, so a long prompt delays no other by more than a chunk for each prompt before it. A prompt that begins like
/// one that is being read waits for that one's state. Sequences whose client is slow are skipped; those that ended
/// leave before the next step.
final class Scheduler {
    private let loaded: LoadedModel
    private let configuration: EngineConfiguration
    private let queue: RequestQueue
    private let kept: KeptStates
    private let room: DraftRoom
    /// Prompt tokens of one step.
    private let prefillChunk: Int
    private let log: Log

    private var sequences: [ActiveSequence] = []
    /// The members of the present step and where their entries lie.
    private var members: [(sequence: ActiveSequence, entries: Range<Int>)] = []
    private var entries: [BatchEntry] = []

    init(
        loaded: LoadedModel, draftModel: (any LanguageModel)?, configuration: EngineConfiguration, queue: RequestQueue,
        cache: StateCache, log: Log
    ) {
        self.loaded = loaded
        self.configuration = configuration
        self.queue = queue
        kept = KeptStates(cache)
        room = DraftRoom(loaded.model, draftModel: draftModel, configuration, log: log)
        prefillChunk = configuration.prefillChunk ?? loaded.model.promptChunk
        self.log = log
    }

    /// Does one step; true if there is more to do at once.
    func step() -> Bool {
        dropCancelled()
        admit()
        for sequence in sequences where sequence.hasRoom { sequence.prepare() }
        removeEnded()
        gather()
        if !entries.isEmpty {
            forward()
            kept.settle()
            take()
            removeEnded()
        }
        if sequences.isEmpty { kept.settle() }
        // Every sequence is asked, because a refusal is what makes its reader wake the engine later.
        let runnable = sequences.filter { $0.hasRoom && !$0.isWaiting }
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
        let requests = queue.takeNext()
        // What has been read before them may save them reading.
        if !requests.isEmpty { kept.settle() }
        for request in requests {
            do {
                let sequence = try ActiveSequence(
                    request, loaded: loaded, configuration: configuration, kept: kept, room: room, log: log)
                let owners = sequences.map(\.reader).filter { !$0.isWaiting }
                    .map { ($0, $0.sharedCount(with: sequence.reader)) }
                if let (owner, count) = owners.max(by: { $0.1 < $1.1 }), count > 0 {
                    sequence.reader.follow(owner, to: count)
                }
                sequences.append(sequence)
            } catch {
                request.fail(error)
                queue.leave(1)
            }
        }
    }

    /// Chooses who takes part; readers that got a chunk go to the end of the line.
    private func gather() {
        var budget = prefillChunk
        var served: [ActiveSequence] = []
        var others: [ActiveSequence] = []
        room.beginStep(writers: sequences.count(where: \.isWriting))
        for sequence in sequences {
            guard sequence.hasRoom, let count = sequence.nextChunkCount else {
                others.append(sequence)
                if sequence.hasRoom, !sequence.isWaiting { add(sequence) }
                continue
            }
            if count <= budget || budget == prefillChunk {
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
        let start = entries.count
        sequence.appendEntries(to: &entries)
        members.append((sequence, start..<entries.count))
    }

    /// Hands out what the model made of the entries; tokens are drawn side by side, since on a large vocabulary that takes as
    /// long as the model's own work for a token.
    private func take() {
        var choices: [ParallelSampling.Choice] = []
        for (sequence, place) in members where !sequence.hasEnded {
            if sequence.samplesConcurrently {
                choices.append(ParallelSampling.Choice(sequence, Array(entries[place])))
            } else {
                sequence.take(&entries, at: place)
            }
        }
        members.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        ParallelSampling.choose(choices, threads: configuration.threads)
        for choice in choices { choice.sequence.reportChoice() }
    }

    /// One pass for all; when an entry is refused, one for each sequence, so that only the culprit ends.
    ///
    /// A model that refuses has advanced no state; where a device fails that is not so, and all end.
    private func forward() {
        do {
            let start = ContinuousClock.now
            try loaded.model.forward(&entries)
            if entries.allSatisfy({ $0.tokens.count == 1 }) {
                room.note(rows: entries.count, seconds: (ContinuousClock.now - start) / .seconds(1))
            }
        } catch {
            guard members.count > 1, error.kind != .device else {
                for (sequence, _) in members { sequence.fail(error) }
                return
            }
            for (sequence, place) in members {
                var own = Array(entries[place])
                do {
                    try loaded.model.forward(&own)
                    entries.replaceSubrange(place, with: own)
                } catch {
                    sequence.fail(error)
                }
            }
        }
    }
}
