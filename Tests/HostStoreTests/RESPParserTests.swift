import HostCore
import Support
import Testing

@testable import HostStore

@Suite("What a store's server says")
struct RESPParserTests {
    private static func read(_ text: String, cut: Int = .max, value: Int = 64) throws(RESPError) -> [RESPValue] {
        var limits = RESPParser.Limits(value: value)
        (limits.items, limits.depth, limits.line) = (8, 2, 32)
        var parser = RESPParser(limits: limits), values: [RESPValue] = [], rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            parser.append(rest.prefix(cut))
            rest = rest.dropFirst(cut)
            while let value = try parser.next() { values.append(value) }
        }
        return values
    }

    @Test("every kind of answer, in one piece and byte by byte", arguments: [1, 2, 3, 7, 1000])
    func kinds(cut: Int) throws {
        let text = "+OK\r\n-ERR no\r\n:-12\r\n$3\r\na\r\n\r\n$-1\r\n$0\r\n\r\n*2\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n*0\r\n*-1\r\n"
        #expect(
            try Self.read(text, cut: cut) == [
                .word("OK"), .failure("ERR no"), .integer(-12), .bytes(Array("a\r\n".utf8)), .nothing, .bytes([]),
                .list([.integer(1), .list([.bytes([120]), .nothing])]), .list([]), .nothing,
            ])
    }

    @Test(
        "what the protocol does not allow ends the connection",
        arguments: [
            "OK\r\n", "\r\n", "+OK\n", "+O\rK\r\n", ":\r\n", ":1x\r\n", ":--1\r\n", ":+1\r\n", ": 1\r\n", ":99999999999999999999\r\n", "$-2\r\n",
            "$1\r\nab\r\n",
            "$\r\n", "*-2\r\n", "*x\r\n",
        ])
    func malformed(text: String) {
        #expect { try Self.read(text) } throws: { error in
            if case .malformed = error as? RESPError { true } else { false }
        }
    }

    @Test(
        "what is larger than allowed is refused by its length, before its bytes",
        arguments: [
            "$65\r\n", "$9223372036854775807\r\n", "*9\r\n", "*9223372036854775807\r\n", "*1\r\n*1\r\n*1\r\n", "*4\r\n*5\r\n",
            "+" + String(repeating: "x", count: 40),
        ])
    func large(text: String) {
        #expect { try Self.read(text) } throws: { error in
            if case .tooLarge = error as? RESPError { true } else { false }
        }
    }

    @Test("a claimed length takes no memory")
    func claims() throws {
        var parser = RESPParser(limits: RESPParser.Limits(value: 1 << 40))
        parser.append(Array("$1000000000000\r\nabc".utf8))
        #expect(try parser.next() == nil)
        #expect(parser.heldCount == 3)
    }
}

@Suite("Where a store is")
struct StoreAddressTests {
    @Test("addresses with all of their parts, and with few")
    func parts() throws {
        let full = try StoreAddress(parsing: "rediss://me:a%40b%3A@store.example:7000/3")
        #expect(full.usesTLS && full.user == "me" && full.password == "a@b:" && full.host == "store.example")
        #expect(full.port == 7000 && full.database == 3 && full.shown == "rediss://store.example:7000/3")
        let short = try StoreAddress(parsing: "redis://localhost")
        #expect(!short.usesTLS && short.password == nil && short.port == 6379 && short.database == 0)
        #expect(try StoreAddress(parsing: "redis://:secret@[::1]:1/").shown == "redis://[::1]:1")
        #expect(try StoreAddress(parsing: "redis://:secret@[::1]").host == "::1")
    }

    @Test(
        "what is wrong is said without the password",
        arguments: [
            "", "redis", "http://a", "redis://", "redis://:6379", "redis://a:0", "redis://a:x", "redis://a:70000", "redis://a/x", "redis://secret@a",
            "redis://a:secret@b:0", "redis://:%zz@a", "redis://:secret%@a", "redis://a?x", "redis://[::1]x:1", "redis://a b",
        ])
    func wrong(text: String) {
        #expect { try StoreAddress(parsing: text) } throws: { !"\($0)".contains("secret") }
    }
}
