/// What a server of Redis' protocol says, version 2.
///
/// - Source: https://redis.io/docs/latest/develop/reference/protocol-spec
package enum RESPValue: Sendable, Equatable {
    /// A word such as OK.
    case word(String)
    case failure(String)
    case integer(Int)
    case bytes([UInt8])
    case nothing
    case list([RESPValue])
}

/// What breaks the protocol; nothing that follows on the connection can be understood.
package enum RESPError: Error, Equatable, Sendable {
    case malformed(String)
    /// More than this host takes.
    case tooLarge(String)
}

/// Reads what a server says, however it was cut into pieces.
///
/// Strict: whatever the protocol does not allow ends it. A length that a server claims is only compared with what is allowed;
/// memory is taken as bytes come. Check: the fuzzer in `Tests/Fuzz/Store`.
package struct RESPParser: Sendable {
    package struct Limits: Sendable {
        /// Of one text or value, in bytes.
        package var value: Int
        /// Of all lists of one answer together.
        package var items = 1 << 16
        package var depth = 4
        /// Of a word, a failure or a number.
        package var line = 4096

        package init(value: Int) { self.value = value }
    }

    /// A list that is being read.
    private struct Open {
        var missing: Int
        var items: [RESPValue] = []
    }

    private let limits: Limits
    private var buffer: [UInt8] = []
    private var start = 0
    private var open: [Open] = []
    private var itemCount = 0
    /// The length of the value whose bytes come next.
    private var awaited: Int?
    /// How far the buffer has been searched for the end of a line.
    private var searched = 0

    package init(limits: Limits) { self.limits = limits }

    /// Bytes that are held.
    package var heldCount: Int { buffer.count - start }

    package mutating func append(_ bytes: some Collection<UInt8>) {
        if start > 0, start == buffer.count || start >= 1 << 16 {
            buffer.removeFirst(start)
            searched -= start
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole answer; nil until all of it has come.
    package mutating func next() throws(RESPError) -> RESPValue? {
        while true {
            guard let value = try nextPart() else { return nil }
            guard var done = value.finished else { continue }
            while var list = open.popLast() {
                list.items.append(done)
                list.missing -= 1
                if list.missing > 0 {
                    open.append(list)
                    break
                }
                done = .list(list.items)
                if open.isEmpty {
                    itemCount = 0
                    return done
                }
            }
            if open.isEmpty {
                itemCount = 0
                return done
            }
        }
    }

    private enum Part {
        case value(RESPValue)
        /// A list or a value began.
        case beginning

        var finished: RESPValue? { if case .value(let value) = self { value } else { nil } }
    }

    private mutating func nextPart() throws(RESPError) -> Part? {
        if let count = awaited {
            guard heldCount >= count + 2 else { return nil }
            guard buffer[start + count] == UInt8(ascii: "\r"), buffer[start + count + 1] == UInt8(ascii: "\n") else {
                throw .malformed("a value does not end where its length says")
            }
            let bytes = Array(buffer[start..<start + count])
            take(count + 2)
            awaited = nil
            return .value(.bytes(bytes))
        }
        guard let line = try nextLine() else { return nil }
        guard let kind = line.first else { throw .malformed("an empty line") }
        let rest = line.dropFirst()
        switch kind {
        case UInt8(ascii: "+"): return .value(.word(String(decoding: rest, as: UTF8.self)))
        case UInt8(ascii: "-"): return .value(.failure(String(decoding: rest, as: UTF8.self)))
        case UInt8(ascii: ":"): return .value(.integer(try Self.number(rest)))
        case UInt8(ascii: "$"):
            let count = try Self.number(rest)
            if count == -1 { return .value(.nothing) }
            guard count >= 0 else { throw .malformed("a value of \(count) bytes") }
            guard count <= limits.value else { throw .tooLarge("a value of \(count) bytes; at most \(limits.value) are read") }
            awaited = count
            return .beginning
        case UInt8(ascii: "*"): return try beginList(try Self.number(rest))
        default: throw .malformed("a line that begins with the byte \(kind)")
        }
    }

    private mutating func beginList(_ count: Int) throws(RESPError) -> Part {
        if count == -1 { return .value(.nothing) }
        if count == 0 { return .value(.list([])) }
        guard count > 0 else { throw .malformed("a list of \(count) items") }
        guard open.count < limits.depth, count <= limits.items - itemCount else {
            throw .tooLarge("a list of \(count) items, \(open.count) lists deep")
        }
        itemCount += count
        open.append(Open(missing: count))
        return .beginning
    }

    /// The bytes up to a line's end, which is CR LF and nothing else.
    private mutating func nextLine() throws(RESPError) -> ArraySlice<UInt8>? {
        var place = max(start, searched)
        while place < buffer.count, buffer[place] != UInt8(ascii: "\r"), buffer[place] != UInt8(ascii: "\n") { place += 1 }
        searched = place
        guard place - start <= limits.line else { throw .tooLarge("a line of more than \(limits.line) bytes") }
        guard place < buffer.count else { return nil }
        guard buffer[place] == UInt8(ascii: "\r") else { throw .malformed("a line that ends without a carriage return") }
        guard place + 1 < buffer.count else { return nil }
        guard buffer[place + 1] == UInt8(ascii: "\n") else { throw .malformed("a carriage return within a line") }
        let line = buffer[start..<place]
        take(place + 2 - start)
        return line
    }

    private mutating func take(_ count: Int) {
        start += count
        searched = start
        guard start == buffer.count else { return }
        // What was held for one large value is let go of.
        buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 17)
        (start, searched) = (0, 0)
    }

    private static func number(_ text: ArraySlice<UInt8>) throws(RESPError) -> Int {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard (1...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(String(decoding: text, as: UTF8.self))
        else { throw .malformed("\"\(String(decoding: text.prefix(24), as: UTF8.self))\" where a number would be") }
        return number
    }
}
