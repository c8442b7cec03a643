import HostCompute
import HostCore
import TestDevices
import Testing

extension CUDASuite {
    /// Weights of every format against the reference's fp32 numbers, and against the CPU's in the same format.
    @Suite("Strategies")
    struct StrategyTests {
        private static let formats: [(String, Float)] = [
            ("fp16", 0.03), ("bf16", 0.2), ("fp16i8", 0.15), ("bf16i8", 0.2), ("fp32i8", 0.15), ("fp16i4", 1.2), ("fp32i4", 1.2),
        ]

        @Test("every generation stays as near fp32 as the same format does on the CPU", arguments: FixtureModel.generations)
        func formats(fixture: FixtureModel) async throws {
            var report: [String] = []
            for (format, tolerance) in Self.formats {
                let model = try await fixture.onCUDA("cuda \(format)").model
                let host = try await fixture.load("cpu \(format)").model
                // Hundreds of rows take the same kernels in every format but the first two.
                let longest = ["fp16": 300, "fp16i8": 300, "bf16": 70, "fp16i4": 70][format] ?? 24
                for sequence in try fixture.golden.sequences where (2...longest).contains(sequence.tokens.count) {
                    for pieces in [1, sequence.tokens.count] where pieces > 1 || sequence.tokens.count < 12 {
                        let logits = try model.feed(sequence.tokens, to: model.makeState(), pieces: pieces).logits
                        let error = distance(logits, sequence.tokenLogits)
                        let own = try host.feed(sequence.tokens, to: host.makeState(), pieces: pieces).logits
                        let usual = distance(own, sequence.tokenLogits)
                        report.append("\(format), \(sequence.name) in pieces of \(pieces): \(error), CPU \(usual)")
                        #expect(error <= max(tolerance, usual * 1.5), "\(format), \(sequence.name) in pieces of \(pieces)")
                    }
                }
            }
            Attachment.record(report.joined(separator: "\n"), named: "errors.txt")
        }

        @Test("cards of every capability take the kernels that are theirs", arguments: [70, 75, 80, 86, 90, 120])
        func capabilities(capability: Int) async throws {
            for fixture in [FixtureModel.deep, .seven] {
                let formats = [("fp16", Float(0.03)), ("bf16", 0.2), ("fp16i8", 0.15)]
                // Between these the number of a capability alone changes.
                for (format, tolerance) in [70, 80, 90].contains(capability) ? formats : [formats[0]] {
                    let model = try await fixture.onCUDA("cuda \(format)", "cc=\(capability)").model
                    for sequence in try fixture.golden.sequences where (2...40).contains(sequence.tokens.count) {
                        for pieces in [1, sequence.tokens.count] where pieces > 1 || sequence.tokens.count < 12 {
                            let logits = try model.feed(sequence.tokens, to: model.makeState(), pieces: pieces).logits
                            let error = distance(logits, sequence.tokenLogits)
                            #expect(error <= tolerance, "\(fixture), \(format), \(sequence.name) in pieces of \(pieces)")
                        }
                    }
                }
            }
        }
    }
}
