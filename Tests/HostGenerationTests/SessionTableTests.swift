import HostCore
import Support
import Testing

@testable import HostGeneration

@Suite("Sessions of all models")
struct SessionTableTests {
    static let one = SessionTable.Owner(fingerprint: "1", name: "one.pth", stateBytes: 40)
    static let other = SessionTable.Owner(fingerprint: "2", name: "other.pth", stateBytes: 40)

    static func session(_ number: Float) -> Session {
        Session(snapshot: StateSnapshot(layout: "l", values: [Float](repeating: number, count: 10)), tokenCount: 1, pending: [])
    }

    static func table(count: Int = 10, bytes: Int = 400, idle: Duration = .seconds(3600)) -> SessionTable {
        SessionTable(maximumCount: count, capacity: bytes, idleTime: idle)
    }

    private func expectNotFound(_ words: String, _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: GenerationError.self, sourceLocation: sourceLocation) { try body() }
        #expect(error?.kind == .sessionNotFound, sourceLocation: sourceLocation)
        #expect(error?.description.contains(words) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
    }

    @Test("a session of another model is refused by name, however often, and stays as it was")
    func anotherModel() throws {
        let table = Self.table()
        try table.enter("s", of: Self.one).leave(Self.session(1))
        for _ in 0..<2 {
            expectNotFound("one.pth") { _ = try table.enter("s", of: Self.other) }
            expectNotFound("one.pth") { _ = try table.session("s", of: Self.other) }
            expectNotFound("one.pth") { try table.put(Self.session(2), as: "s", of: Self.other) }
        }
        #expect(try table.enter("s", of: Self.one).session?.snapshot.values.first == 1)
        #expect(try table.session("s", of: Self.one).tokenCount == 1)
    }

    @Test("what is left of a model whose files changed is told once, then the name begins anew")
    func changedModel() throws {
        let table = Self.table()
        try table.enter("s", of: Self.one).leave(Self.session(1))
        let anew = SessionTable.Owner(fingerprint: "3", name: "one.pth")
        expectNotFound("files have changed") { _ = try table.enter("s", of: anew) }
        #expect(try table.enter("s", of: anew).session == nil)
    }

    @Test("a session that was dropped for others is told once", arguments: [true, false])
    func dropped(isSaved: Bool) throws {
        let table = Self.table(count: 1, idle: .zero)
        try table.enter("s", of: Self.one).leave(Self.session(1))
        try table.enter("t", of: Self.one).leave(Self.session(2))
        expectNotFound("it was not used") {
            if isSaved { _ = try table.session("s", of: Self.one) } else { _ = try table.enter("s", of: Self.one) }
        }
        // By now the other may have been dropped in turn; a session that never was is only not there.
        #expect(try table.enter("s", of: Self.one).session == nil)
        expectNotFound("no request has begun") { _ = try table.session("never", of: Self.one) }
    }

    @Test("one bound of number and one of bytes hold over all models, also for those that only begin")
    func bounds() throws {
        let table = Self.table(bytes: 100)
        let first = try table.enter("a", of: Self.one), second = try table.enter("b", of: Self.other)
        let error = #expect(throws: GenerationError.self) { try table.enter("c", of: Self.one) }
        #expect(error?.kind == .overloaded)
        second.leave(nil)
        first.leave(Self.session(1))
        #expect(table.load == (1, 40))
        try table.enter("c", of: Self.one).leave(Self.session(2))
        #expect(table.load == (2, 80))
        #expect(throws: GenerationError.self) { try table.enter("d", of: Self.one) }
        #expect(throws: GenerationError.self) { try Self.table(bytes: 0).enter("d", of: Self.one) }
        #expect(throws: GenerationError.self) { try Self.table(count: 0).enter("d", of: Self.one) }
    }

    @Test("a request that is let go gives its session back, and a late return does not disturb the next one")
    func holds() throws {
        let table = Self.table()
        var hold: SessionHold? = try table.enter("s", of: Self.one)
        #expect(throws: GenerationError.self) { try table.enter("s", of: Self.one) }
        hold?.leave(Self.session(1))
        let next = try table.enter("s", of: Self.one)
        hold = nil
        #expect(throws: GenerationError.self) { try table.enter("s", of: Self.one) }
        next.leave(Self.session(2))
        hold = try table.enter("s", of: Self.one)
        hold = nil
        #expect(try table.enter("s", of: Self.one).session?.snapshot.values.first == 2)
    }

    @Test("only the last few thousand names are remembered")
    func remembered() {
        var names = DroppedNames()
        for number in 0..<20_000 { names.add("\(number)", "reason") }
        #expect(names.take("0") == nil)
        #expect(names.take("19999") == "reason")
        #expect(names.take("19999") == nil)
        #expect((0..<20_000).count { names.take("\($0)") != nil } < 8192)
    }
}
