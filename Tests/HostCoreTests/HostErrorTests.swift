import HostCore
import Testing

struct HostErrorTests {
    @Test(
        "an error is one line: the thing, what is wrong, and the next step where there is one",
        arguments: [
            (GenerationError(.device, "x", "failed"), "x: failed"),
            (GenerationError(.device, "x", "failed", advice: "Try again."), "x: failed. Try again."),
            (GenerationError(.device, "", "failed.", advice: "Try again."), "failed. Try again."),
        ])
    func description(error: GenerationError, expected: String) {
        #expect(error.description == expected)
    }
}
