import HostCore
import HostFiles

/// What the file of a state must be for one model to go on from it.
struct StateShape: Sendable {
    /// What distinguishes the model from others.
    let fingerprint: String
    private let model: any LanguageModel
    /// Bytes that a file with a state and logits has at most.
    let maximumFile: Int

    init(_ model: any LanguageModel, fingerprint: String) {
        self.fingerprint = fingerprint
        self.model = model
        maximumFile = StateFile.maximumSize(numbers: model.makeState().snapshot().values.count + model.vocabularySize)
    }

    /// Reads a state of a folder; its size is looked at before anything is read.
    ///
    /// - Parameter name: what messages call it.
    /// - Throws: `GenerationError.stateMismatch` for a file that is damaged or too large, or from which the model cannot go
    ///   on; `.stateNotFound` where there is none.
    func read(_ file: String, in folder: String, as name: String) throws(GenerationError) -> StateFile {
        let bytes: [UInt8]
        do {
            bytes = try self.bytes(of: file, in: folder)
        } catch {
            guard error.kind != .missing else {
                throw GenerationError(.stateNotFound, "name", "there is no state \"\(name)\"")
            }
            throw GenerationError(.stateMismatch, name, error.problem, advice: error.advice)
        }
        return try decode(bytes, as: name)
    }

    /// The bytes of a file that may hold a state.
    func bytes(of file: String, in folder: String) throws(FileError) -> [UInt8] {
        do {
            return try PlainFile(file, in: folder).bytes(atMost: maximumFile)
        } catch let error where error.kind == .tooLarge {
            throw FileError(
                .tooLarge, error.subject, error.problem, advice: "It belongs to another model, or is damaged.")
        }
    }

    /// A state of the cache as bytes.
    func encoded(_ entry: StateCache.Entry, for key: PrefixDigest.Key) -> [UInt8] {
        StateFile(
            model: fingerprint, snapshot: entry.snapshot, logits: entry.logits ?? [], tokenCount: key.count,
            identity: SHA256.hexadecimal(key.digest)
        ).encoded()
    }

    /// What was encoded for a beginning.
    ///
    /// - Throws: as `decode`, and for the state of another text.
    func entry(_ bytes: [UInt8], for key: PrefixDigest.Key, as name: String) throws(GenerationError) -> StateCache.Entry {
        let state = try decode(bytes, as: name)
        guard state.tokenCount == key.count, state.pending.isEmpty, state.identity == SHA256.hexadecimal(key.digest) else {
            throw GenerationError(.stateMismatch, name, "is not what its name says")
        }
        return StateCache.Entry(snapshot: state.snapshot, logits: state.logits.isEmpty ? nil : state.logits)
    }

    /// - Throws: `GenerationError.stateMismatch` for bytes from which the model cannot go on.
    func decode(_ bytes: [UInt8], as name: String) throws(GenerationError) -> StateFile {
        let state = try StateFile(bytes, name: name, model: fingerprint)
        let vocabulary = 0..<model.vocabularySize
        guard state.logits.isEmpty || state.logits.count == vocabulary.count else {
            throw GenerationError(
                .stateMismatch, name, "holds \(state.logits.count) logits; the model's vocabulary has \(vocabulary.count)")
        }
        guard state.pending.allSatisfy(vocabulary.contains) else {
            throw GenerationError(.stateMismatch, name, "holds a token outside the vocabulary")
        }
        do {
            try model.makeState().restore(state.snapshot)
        } catch {
            throw GenerationError(.stateMismatch, name, error.problem, advice: error.advice)
        }
        return state
    }
}
