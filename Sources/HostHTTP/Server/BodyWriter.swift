/// `HTTPBodyWriter` over a connection: chunks for HTTP/1.1, plain bytes for 1.0.
struct BodyWriter: HTTPBodyWriter {
    let channel: ResponseChannel
    let isChunked: Bool

    func write(_ bytes: [UInt8]) async throws(HTTPError) {
        // An empty chunk would end the body.
        guard !bytes.isEmpty else { return }
        guard isChunked else { return try await channel.write(bytes) }
        var chunk = Array("\(String(bytes.count, radix: 16))\r\n".utf8)
        chunk.reserveCapacity(chunk.count + bytes.count + 2)
        chunk += bytes
        chunk += [HTTPSyntax.cr, HTTPSyntax.lf]
        try await channel.write(chunk)
    }

    static let lastChunk = Array("0\r\n\r\n".utf8)
}
