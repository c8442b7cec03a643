import HostCore
import HostExtensions
import HostGeneration
import HostHTTP
import HostRuntime

/// How a body becomes the fields of a request: away from the threads that all streams share, within the memory budget,
/// and so that neither its bytes nor its values outlive the reading.
extension EndpointContext {
    /// Longer bodies count as large work. Short ones are read elsewhere, too: a preset is a file, and a form a program.
    private static let largeBody = 64 << 10

    /// Reads the fields of a request's body.
    ///
    /// - Parameter read: makes the request's own type; the fields' values are gone afterwards.
    func read<Value: Sendable>(
        _ request: HTTPRequest, _ read: @escaping @Sendable (inout FieldReader) throws -> Value
    ) async throws -> Value {
        try await self.read(request.body, coercion: .strict, read)
    }

    func read<Value: Sendable>(
        _ body: HTTPBody, coercion: FieldReader.Coercion,
        _ read: @escaping @Sendable (inout FieldReader) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let memory = configuration.memory, presets = await service.presets()
        let value = try await WorkerPool.shared.run(body.count > EndpointContext.largeBody ? .large : .small) {
            let (value, keptBytes) = try fields(of: body.take(), coercion, memory, presets, read)
            body.share.shrink(to: keptBytes)
            guard body.share.grow(by: keptBytes - body.share.bytes) else { throw APIError.noMemory }
            return value
        }
        try Task.checkCancellation()
        return value
    }

    private func fields<Value>(
        of bytes: [UInt8], _ coercion: FieldReader.Coercion, _ memory: MemoryBudget, _ presets: [ModelPresets],
        _ read: (inout FieldReader) throws -> Value
    ) throws -> (Value, keptBytes: Int) {
        guard !bytes.isEmpty else {
            throw APIError(status: 400, message: "The body is empty; a JSON object was expected.", code: "invalid_json")
        }
        let share = memory.emptyShare()
        let document = try JSONDocument(parsing: bytes) { share.grow(by: $0) }
        guard document.isObject else {
            throw APIError(
                status: 400, message: "The body is \(document.kind); a JSON object was expected.", code: "invalid_json")
        }
        var reader = FieldReader(document, coercion: coercion)
        reader.modelPresets = presets
        let value = try read(&reader)
        // Extensions are given every field as a value. Else texts stay as they are, and numbers grow to eight bytes each.
        let keptBytes =
            configuration.extensions.active.isEmpty && !reader.keepsValues
            ? min(bytes.count, reader.readBytes) + reader.readNumbers * MemoryLayout<Int>.stride : share.bytes + bytes.count
        return (value, keptBytes)
    }

    /// Every field as the client sent it, where there are extensions that may look at them.
    func bodyForExtensions(_ reader: FieldReader) throws(APIError) -> JSONObject {
        configuration.extensions.active.isEmpty ? JSONObject() : try reader.original()
    }

    /// Refuses log-probabilities that could not be held until the answer is whole.
    func checkScores(texts: Int, maxTokens: Int?, alternatives: Int, field: String) throws(APIError) {
        let count = texts * (maxTokens ?? configuration.maximumMaxTokens) * (alternatives + 1)
        let most = configuration.memory.limit / 2 / AnswerMemory.bytesPerScore
        guard count > most else { return }
        throw APIError.invalid(
            field,
            "\(field) asks for up to \(count) log-probabilities (texts × tokens × alternatives); the host's memory "
                + "limit has room for \(most) in one answer. Ask for fewer, for fewer tokens, or stream the answer.")
    }

    /// Memory for an answer.
    ///
    /// - Throws: 503 where it is not free.
    func reserve(_ bytes: Int, for purpose: String) throws(APIError) -> MemoryShare {
        if let share = configuration.memory.reserve(bytes) { return share }
        throw APIError(
            status: 503,
            message: "No memory is free for \(purpose): \(bytes) bytes are needed and "
                + "\(configuration.memory.available) of \(configuration.memory.limit) are free.",
            code: "insufficient_memory", retryAfter: 1)
    }
}
