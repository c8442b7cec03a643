import HostFiles
import Testing

struct NaturalOrderTests {
    @Test("digits count as numbers, letters without regard to case, and ties are broken the same way each time")
    func order() {
        let sorted = ["B2", "a10", "a9", "a09", "b1", "a", "1x", "x", "a9b", "A9"]
        #expect(NaturalOrder.sorted(sorted) == ["1x", "a", "A9", "a09", "a9", "a9b", "a10", "b1", "B2", "x"])
        #expect(NaturalOrder.sorted(sorted.reversed()) == NaturalOrder.sorted(sorted))
    }

    @Test("a number may have more digits than any integer")
    func long() {
        let long = "a1" + String(repeating: "0", count: 30)
        #expect(NaturalOrder.sorted([long, "a2"]) == ["a2", long])
    }
}
