import HostCompute
import HostCore
import TestDevices
import Testing

extension CUDASuite {
    /// Every generation on a card against the reference engines' own numbers.
    @Suite("Goldens")
    struct GoldenTests {
        private static let tolerance: Float = 5e-5

        @Test(
            "fp32 gives the reference's numbers, token by token, in chunks and in one call", arguments: FixtureModel.generations + [.tinyBF16, .deep, .deepHF])
        func logits(fixture: FixtureModel) async throws {
            let model = try await fixture.onCUDA("cuda fp32").model
            var worst: Float = 0
            for sequence in try fixture.golden.sequences {
                // Long texts token by token show nothing that short ones do not, and the fake driver is no fast card.
                for pieces in [1, 7, sequence.tokens.count] where pieces > 1 || sequence.tokens.count <= 40 {
                    let row = try model.feed(sequence.tokens, to: model.makeState(), pieces: pieces)
                    let expected = pieces == 1 ? sequence.tokenLogits : sequence.sequenceLogits ?? sequence.tokenLogits
                    let error = distance(row.logits, expected)
                    worst = max(worst, error)
                    #expect(error <= Self.tolerance, "\(sequence.name) in pieces of \(pieces): \(error)")
                }
            }
            Attachment.record("\(fixture.rawValue): \(worst)", named: "greatest-error.txt")
        }

        @Test("logits at every position, hidden states and the final state too", arguments: FixtureModel.generations + [.deep])
        func everything(fixture: FixtureModel) async throws {
            let model = try await fixture.onCUDA("cuda fp32").model
            for sequence in try fixture.golden.sequences {
                if let expected = sequence.allLogits {
                    let row = try model.feed(
                        sequence.tokens, to: model.makeState(), pieces: sequence.tokens.count, output: .allLogits)
                    #expect(distance(row.logits, expected) <= Self.tolerance)
                }
                if let expected = sequence.lastHidden {
                    let row = try model.feed(
                        sequence.tokens, to: model.makeState(), pieces: sequence.tokens.count, output: .lastHidden)
                    #expect(distance(row.hidden, expected) <= Self.tolerance)
                }
                guard let expected = sequence.finalState else { continue }
                for pieces in [1, sequence.tokens.count] {
                    let state = model.makeState()
                    _ = try model.feed(sequence.tokens, to: state, pieces: pieces)
                    let values = state.snapshot().values
                    #expect(values.count == expected.count)
                    for (value, reference) in zip(values, expected) {
                        #expect(abs(value - reference) <= 2e-5 * max(1, abs(reference)), "pieces of \(pieces)")
                    }
                }
            }
        }
    }
}
