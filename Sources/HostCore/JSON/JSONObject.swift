/// The members of a JSON object, in the order they were written, with quick lookup.
///
/// Keys are compared byte for byte, not by Unicode equivalence as Swift strings are. Only objects of many members have an
/// index: most have few, and there are many of them in a large text.
public struct JSONObject: Sendable, Hashable {
    /// Keys and values in order.
    public private(set) var members: [(key: String, value: JSONValue)] = []
    private var index: [KeyBytes: Int] = [:]

    /// The most members that are looked through one by one.
    private static let searchedCount = 8

    /// An object without members.
    public init() {}

    /// A later duplicate replaces an earlier one.
    public init(_ members: [(String, JSONValue)]) {
        for (key, value) in members { self[key] = value }
    }

    /// The number of members.
    public var count: Int { members.count }
    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }
    /// The keys, in order.
    public var keys: [String] { members.map(\.key) }

    /// The member of a key; nil where there is none. Setting nil removes it.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (nil, let value?): append(key, value)
            case (let position?, nil):
                members.remove(at: position)
                index = [:]
                if members.count > JSONObject.searchedCount { makeIndex() }
            case (nil, nil): break
            }
        }
    }

    /// Adds a member that must not be there yet; false if it is.
    mutating func appendUnique(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private func position(of key: String) -> Int? {
        if members.count > JSONObject.searchedCount { return index[KeyBytes(key)] }
        return members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        members.append((key, value))
        if members.count > JSONObject.searchedCount + 1 {
            index[KeyBytes(key)] = members.count - 1
        } else if members.count > JSONObject.searchedCount {
            makeIndex()
        }
    }

    private mutating func makeIndex() {
        for (number, member) in members.enumerated() { index[KeyBytes(member.key)] = number }
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { KeyBytes($0.key) == KeyBytes($1.key) && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) {
        for member in members {
            hasher.combine(KeyBytes(member.key))
            hasher.combine(member.value)
        }
    }
}

/// A string that equals another only when their bytes do.
struct KeyBytes: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: KeyBytes, right: KeyBytes) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
    }
}
