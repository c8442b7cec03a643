import HostCore
import HostGeneration
import Support
import Testing

@Suite("Processors from outside")
struct GuardedProcessorTests {
    /// Raises one token, and does to the rest what a careless author might.
    private struct Careless: LogitsProcessor {
        let change: @Sendable (inout [Float]) -> Void
        mutating func process(_ logits: inout [Float]) { change(&logits) }
    }

    private func filtered(_ change: @escaping @Sendable (inout [Float]) -> Void) -> [Float] {
        var parameters = SamplingParameters()
        parameters.topK = 2
        var chain = ProcessorChain(
            parameters, context: .init(endOfText: [0], tokenizer: ByteTokenizer()), extra: [Careless(change: change)])
        var logits: [Float] = [4, 3, 2, 1]
        chain.filter(&logits)
        return logits
    }

    @Test("act before the built-in filters")
    func order() {
        #expect(filtered { $0[3] = 9 } == [4, -.infinity, -.infinity, 9])
    }

    @Test("cannot change how many tokens there are, nor bring in NaN",
        arguments: [
            (0, [4, 3, -.infinity, -.infinity]), (1, [4, 3, -.infinity, -.infinity]), (2, [4, 3, -.infinity, -.infinity]),
            (3, [-.infinity, 3, 2, -.infinity]),
        ] as [(Int, [Float])])
    func careless(sort: Int, expected: [Float]) {
        let logits = filtered { logits in
            switch sort {
            case 0: logits += [100, 100]
            case 1: logits.removeLast(2)
            case 2: logits[3] = .nan
            default: logits[0] = .nan
            }
        }
        #expect(logits == expected)
    }
}
