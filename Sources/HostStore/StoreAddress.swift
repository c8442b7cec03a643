// HostStore: values that several hosts share, in a Redis or Valkey server.
//
// A small client of its own: `RESPParser` reads what a server says, `StoreConnection` keeps one connection alive on a thread of
// its own, `RedisStore` is what the host asks. Nothing here knows what a value means.

/// Where a store is and how one enters: `redis://[user:password@]host[:port][/db]`, `rediss://` with TLS.
///
/// - Source: the scheme that clients of Redis share, https://www.iana.org/assignments/uri-schemes/prov/redis.
package struct StoreAddress: Sendable, Equatable {
    package var host: String
    package var port: UInt16
    package var usesTLS: Bool
    /// Empty for the server's default user.
    package var user: String
    /// Nil where the server asks for none.
    package var password: String?
    package var database: Int

    private static let defaultPort: UInt16 = 6379

    /// What people may read of it: neither user nor password.
    package var shown: String {
        "\(usesTLS ? "rediss" : "redis")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(database == 0 ? "" : "/\(database)")"
    }

    /// - Throws: `StoreAddressError`, which repeats nothing of a password.
    package init(parsing text: String) throws(StoreAddressError) {
        let scheme = text.prefix { $0 != ":" }
        guard scheme == "redis" || scheme == "rediss", text.dropFirst(scheme.count).hasPrefix("://") else {
            throw StoreAddressError("begins with neither redis:// nor rediss://")
        }
        usesTLS = scheme == "rediss"
        var rest = text.dropFirst(scheme.count + 3)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else { throw StoreAddressError("has a ? or #; write them as %3F and %23") }
        (user, password) = ("", nil)
        if let at = rest.lastIndex(of: "@") {
            let pair = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decoded(pair[0])
            password = try pair.count > 1 ? Self.decoded(pair[1]) : nil
            guard password != nil else { throw StoreAddressError("has a user without a password; write user:password@") }
            rest = rest[rest.index(after: at)...]
        }
        database = 0
        if let slash = rest.firstIndex(of: "/") {
            let number = rest[rest.index(after: slash)...]
            guard number.isEmpty || Self.isNumber(number), let value = number.isEmpty ? 0 : Int(number), value < 1 << 20 else {
                throw StoreAddressError("has \"\(number.prefix(20))\" where the number of a database would be")
            }
            database = value
            rest = rest[..<slash]
        }
        (host, port) = try Self.place(rest)
    }

    private static func place(_ text: Substring) throws(StoreAddressError) -> (String, UInt16) {
        var name = text, port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            name = text[text.index(after: text.startIndex)..<end]
            let after = text[text.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw StoreAddressError("has something between ] and the port") }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            name = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw StoreAddressError("names no server") }
        guard let port else { return (String(name), defaultPort) }
        guard isNumber(port), let number = UInt16(port), number > 0 else {
            throw StoreAddressError("has the port \"\(port.prefix(20))\"; ports are 1 to 65535")
        }
        return (String(name), number)
    }

    private static func isNumber(_ text: Substring) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// Takes %XX for the byte that it stands for.
    private static func decoded(_ text: Substring) throws(StoreAddressError) -> String {
        var bytes: [UInt8] = [], rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                throw StoreAddressError("has a % in its user or password without two hexadecimal digits behind it")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw StoreAddressError("has a user or password that is not UTF-8")
        }
        return text
    }
}

/// What is wrong with the text of an address.
package struct StoreAddressError: Error, Equatable {
    package let problem: String
    package let advice = "Write redis://[user:password@]host[:port][/db], or rediss:// for TLS."

    init(_ problem: String) { self.problem = problem }
}
