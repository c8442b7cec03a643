import HostCore
import Testing

struct EditDistanceTests {
    @Test(
        "the distance counts insertions, deletions and replacements",
        arguments: [
            ("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("outputModifer", "outputModifier", 1), ("flaw", "lawn", 2),
            ("ab", "ba", 2),
        ])
    func distances(left: String, right: String, expected: Int) {
        #expect(EditDistance.between(left, right) == expected)
        #expect(EditDistance.between(right, left) == expected)
    }

    @Test("elements may be anything that can be compared")
    func elements() {
        #expect(EditDistance.between([1, 2, 3], [1, 3]) == 1)
    }
}
