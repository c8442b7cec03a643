import HostCore
import Testing

struct PlainStateTests {
    @Test("a copy goes its own way")
    func copy() throws {
        let state = PlainState(layout: "a", values: [1, 2])
        let copy = try #require(state.copy() as? PlainState)
        copy.values[0] = 5
        #expect(state.values == [1, 2] && copy.values == [5, 2] && state.byteCount == 8)
    }

    @Test("a snapshot of another layout or length, or with NaN, is refused and changes nothing")
    func restore() throws {
        let state = PlainState(layout: "a", values: [1, 2])
        try state.restore(StateSnapshot(layout: "a", values: [3, 4]))
        #expect(state.snapshot() == StateSnapshot(layout: "a", values: [3, 4]))
        for wrong in [
            StateSnapshot(layout: "b", values: [3, 4]), StateSnapshot(layout: "a", values: [3]),
            StateSnapshot(layout: "a", values: [3, .nan]),
        ] {
            let error = #expect(throws: GenerationError.self) { try state.restore(wrong) }
            #expect(error?.kind == .stateMismatch)
        }
        #expect(state.values == [3, 4])
    }
}
