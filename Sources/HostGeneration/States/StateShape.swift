import HostCore
import HostFiles

/// What the file of a state must be for one model to go on from it.
struct StateShape: Sendable {
    /// What tells the model from others.
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
        } catch where error.kind == .tooLarge {
            throw FileError(
                .tooLarge, error.subject, error.problem, advice: "It belongs to another model, or is damaged.")
        }
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
