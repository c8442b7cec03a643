import HostComputeCPU
import HostCore
import TestDevices
import Testing

@testable import RWKVModels

/// fp32 against the reference engines' own numbers; the tolerance is that of the goldens' README.
@Suite("fp32 gives the reference's numbers")
struct GoldenLogitsTests {
    static let tolerance: Float = 5e-5

    @Test("fed token by token, in one call and in chunks", arguments: FixtureModel.allCases)
    func logits(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        let golden = try fixture.golden
        #expect(golden.sequences.count == 4)
        var worst: Float = 0
        for sequence in golden.sequences {
            for pieces in [1, 7, sequence.tokens.count] {
                let row = try model.feed(sequence.tokens, to: model.makeState(), pieces: pieces)
                let error = distance(row.logits, pieces == 1 ? sequence.tokenLogits : sequence.sequenceLogits ?? sequence.tokenLogits)
                worst = max(worst, error)
                #expect(error <= Self.tolerance, "\(sequence.name) in pieces of \(pieces): \(error)")
            }
        }
        Attachment.record("\(fixture.rawValue): \(worst)", named: "greatest-error.txt")
    }

    @Test("at every position of a sequence", arguments: FixtureModel.generations + [.deep])
    func allLogits(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        let sequence = try #require(try fixture.golden.sequences.first { $0.allLogits != nil })
        let row = try model.feed(
            sequence.tokens, to: model.makeState(), pieces: sequence.tokens.count, output: .allLogits)
        #expect(distance(row.logits, try #require(sequence.allLogits)) <= Self.tolerance)
    }

    @Test("in the final state, to 1e-5 relative", arguments: FixtureModel.generations + [.deep])
    func finalState(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        let sequence = try #require(try fixture.golden.sequences.first { $0.finalState != nil })
        for pieces in [1, sequence.tokens.count] {
            let state = model.makeState()
            _ = try model.feed(sequence.tokens, to: state, pieces: pieces)
            let values = state.snapshot().values, expected = try #require(sequence.finalState)
            #expect(values.count == expected.count)
            for (value, reference) in zip(values, expected) {
                #expect(abs(value - reference) <= 1e-5 * max(1, abs(reference)), "pieces of \(pieces)")
            }
        }
    }

    @Test("in the hidden states after ln_out", arguments: [FixtureModel.tiny, .deep])
    func hidden(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        for sequence in try fixture.golden.sequences {
            let last = try model.feed(
                sequence.tokens, to: model.makeState(), pieces: sequence.tokens.count, output: .lastHidden)
            #expect(distance(last.hidden, try #require(sequence.lastHidden)) <= Self.tolerance)
            #expect(last.logits.isEmpty)
            guard let expectedMean = sequence.meanHidden else { continue }
            let all = try model.feed(
                sequence.tokens, to: model.makeState(), pieces: sequence.tokens.count, output: .allHidden)
            let width = model.hiddenSize
            let mean = (0..<width).map { channel in
                stride(from: channel, to: all.hidden.count, by: width).reduce(Float(0)) { $0 + all.hidden[$1] }
                    / Float(sequence.tokens.count)
            }
            #expect(distance(mean, expectedMean) <= Self.tolerance)
        }
    }

    @Test(
        "with every instruction set of this machine",
        arguments: Kernels.InstructionSet.allCases.filter { Kernels($0) != nil })
    func instructionSets(set: Kernels.InstructionSet) async throws {
        let kernels = try #require(Kernels(set))
        for fixture in FixtureModel.generations + [.tinyBF16] {
            let model = try await fixture.load("cpu fp32", kernels: kernels).model
            for sequence in try fixture.golden.sequences {
                let row = try model.feed(sequence.tokens, to: model.makeState(), pieces: sequence.tokens.count)
                #expect(
                    distance(row.logits, sequence.sequenceLogits ?? sequence.tokenLogits) <= Self.tolerance,
                    "\(fixture.rawValue) \(sequence.name)")
            }
        }
    }
}
