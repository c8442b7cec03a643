/// One thing that is asked of a store.
package struct StoreCommand: Sendable, Equatable {
    package let words: [[UInt8]]

    private init(words: [[UInt8]]) { self.words = words }
    private init(_ words: [UInt8]...) { self.init(words: words) }
    private static func text(_ number: Int) -> [UInt8] { Array(String(number).utf8) }

    package static func get(_ key: String) -> StoreCommand { StoreCommand(Array("GET".utf8), Array(key.utf8)) }

    /// The first bytes of a value; empty where there is none.
    package static func beginning(of key: String, count: Int) -> StoreCommand {
        StoreCommand(Array("GETRANGE".utf8), Array(key.utf8), text(0), text(count - 1))
    }

    /// How many bytes a value has; 0 where there is none.
    package static func length(_ key: String) -> StoreCommand { StoreCommand(Array("STRLEN".utf8), Array(key.utf8)) }

    /// - Parameter seconds: after which the store forgets it.
    package static func set(_ key: String, _ value: [UInt8], seconds: Int) -> StoreCommand {
        StoreCommand(Array("SET".utf8), Array(key.utf8), value, Array("EX".utf8), text(seconds))
    }

    /// Writes a value where there is none; nothing where there is.
    package static func claim(_ key: String, for owner: String, seconds: Int) -> StoreCommand {
        StoreCommand(Array("SET".utf8), Array(key.utf8), Array(owner.utf8), Array("NX".utf8), Array("EX".utf8), text(seconds))
    }

    package static func setBit(_ key: String, _ bit: Int) -> StoreCommand {
        StoreCommand(Array("SETBIT".utf8), Array(key.utf8), text(bit), text(1))
    }

    package static func expire(_ key: String, seconds: Int) -> StoreCommand {
        StoreCommand(Array("EXPIRE".utf8), Array(key.utf8), text(seconds))
    }

    package static func delete(_ key: String) -> StoreCommand { StoreCommand(Array("DEL".utf8), Array(key.utf8)) }
    package static func increment(_ key: String) -> StoreCommand { StoreCommand(Array("INCR".utf8), Array(key.utf8)) }

    /// 1 where there is a value, 0 where there is none.
    package static func exists(_ key: String) -> StoreCommand { StoreCommand(Array("EXISTS".utf8), Array(key.utf8)) }

    /// The names and values of a table, in turn.
    package static func fields(of key: String) -> StoreCommand { StoreCommand(Array("HGETALL".utf8), Array(key.utf8)) }

    /// Runs a program of the server's own language, Lua, of which nobody sees a half.
    package static func script(_ text: String, keys: [String], _ arguments: [[UInt8]]) -> StoreCommand {
        StoreCommand(words: [Array("EVAL".utf8), Array(text.utf8), self.text(keys.count)] + keys.map { Array($0.utf8) } + arguments)
    }

    static func authenticate(user: String, password: String) -> StoreCommand {
        user.isEmpty
            ? StoreCommand(Array("AUTH".utf8), Array(password.utf8))
            : StoreCommand(Array("AUTH".utf8), Array(user.utf8), Array(password.utf8))
    }

    static func select(_ database: Int) -> StoreCommand { StoreCommand(Array("SELECT".utf8), text(database)) }
    package static let ping = StoreCommand(Array("PING".utf8))

    /// Adds the bytes that a server reads.
    func encode(into bytes: inout [UInt8]) {
        bytes += "*\(words.count)\r\n".utf8
        for word in words {
            bytes += "$\(word.count)\r\n".utf8
            bytes += word
            bytes += [0x0D, 0x0A]
        }
    }

    /// Whether a server without room refuses it.
    var needsRoom: Bool { ["SET", "SETBIT", "INCR", "EVAL"].contains(String(decoding: words[0], as: UTF8.self)) }

    /// Bytes that it takes.
    var byteCount: Int { words.reduce(32) { $0 + $1.count + 24 } }
}
