import HostCore
import HostHTTP

/// A JSON answer some of whose arrays are made element by element while they are sent, so that a large answer never
/// stands in memory as a whole.
indirect enum JSONOutline: Sendable {
    case value(JSONValue)
    case object([(String, JSONOutline)])
    case list([JSONOutline])
    case elements(Int, @Sendable (Int) -> JSONValue)

    /// Bytes that go out together.
    private static let pieceBytes = 32 << 10

    /// The answer as one value.
    var whole: JSONValue {
        switch self {
        case .value(let value): value
        case .object(let members): .object(JSONObject(members.map { ($0, $1.whole) }))
        case .list(let outlines): .array(outlines.map(\.whole))
        case .elements(let count, let element): .array((0..<count).map(element))
        }
    }

    /// The same bytes as those of `whole`, in pieces.
    func write(to writer: any HTTPBodyWriter) async throws {
        var pending: [UInt8] = []
        try await write(to: writer, &pending)
        try await writer.write(pending)
    }

    private func write(to writer: any HTTPBodyWriter, _ pending: inout [UInt8]) async throws {
        switch self {
        case .value(let value): pending += value.encodedBytes()
        case .object(let members):
            pending.append(UInt8(ascii: "{"))
            for (number, (key, outline)) in members.enumerated() {
                if number > 0 { pending.append(UInt8(ascii: ",")) }
                pending += JSONValue.string(key).encodedBytes()
                pending.append(UInt8(ascii: ":"))
                try await outline.write(to: writer, &pending)
            }
            pending.append(UInt8(ascii: "}"))
        case .list(let outlines):
            pending.append(UInt8(ascii: "["))
            for (number, outline) in outlines.enumerated() {
                if number > 0 { pending.append(UInt8(ascii: ",")) }
                try await outline.write(to: writer, &pending)
            }
            pending.append(UInt8(ascii: "]"))
        case .elements(let count, let element):
            pending.append(UInt8(ascii: "["))
            for number in 0..<count {
                if number > 0 { pending.append(UInt8(ascii: ",")) }
                pending += element(number).encodedBytes()
                if pending.count >= JSONOutline.pieceBytes {
                    try await writer.write(pending)
                    pending.removeAll(keepingCapacity: true)
                }
            }
            pending.append(UInt8(ascii: "]"))
        }
    }
}

extension HTTPResponse {
    /// A JSON answer, whole where it has few elements and else made while it is sent.
    static func json(_ outline: JSONOutline, largeAbove limit: Int, count: Int) -> HTTPResponse {
        guard count > limit else { return .json(outline.whole) }
        return HTTPResponse(
            status: 200, headers: HTTPHeaders([("Content-Type", "application/json")]),
            body: .stream { try await outline.write(to: $0) })
    }
}
