import HostCompute
import HostCore
import TestDevices
import Testing

extension CUDASuite {
    /// What is in a pass together must not matter, nor where layers lie.
    @Suite("Passes")
    struct PassTests {
        /// Products of several rows add up in another order than those of one, which shows in the last digits.
        private static let tolerance: Float = 5e-5

        @Test("1 to 40 sequences decode to what each decodes to alone", arguments: FixtureModel.generations)
        func batches(fixture: FixtureModel) async throws {
            let model = try await fixture.onCUDA("cuda fp32").model
            let host = try await fixture.load("cpu fp32").model
            for count in [1, 2, 3, 5, 9, 17, 31, 40] {
                var rows = (0..<count).map { ForwardRow(tokens: [$0 % 24], state: model.makeState(), output: .lastLogits) }
                var own = (0..<count).map { ForwardRow(tokens: [$0 % 24], state: host.makeState(), output: .lastLogits) }
                // The third step runs a recorded graph, the second records it.
                for step in 0..<4 {
                    try model.forward(&rows)
                    try host.forward(&own)
                    for index in rows.indices {
                        #expect(
                            distance(rows[index].logits, own[index].logits) <= Self.tolerance,
                            "\(count) sequences, step \(step), row \(index)")
                        rows[index].tokens = [(index * 7 + step) % 24]
                        own[index].tokens = rows[index].tokens
                    }
                }
            }
        }

        @Test("a recorded pass gives the bits of the same pass kernel by kernel", arguments: FixtureModel.generations)
        func graphs(fixture: FixtureModel) async throws {
            let model = try await fixture.onCUDA("cuda fp16").model
            let state = model.makeState()
            _ = try model.feed([1, 2, 3], to: state, pieces: 3)
            var results: [[Float]] = []
            // Once by itself, once recorded, once more from the recording.
            for _ in 0..<3 {
                let fork = state.copy()
                results.append(try model.feed([4], to: fork, pieces: 1).logits + fork.snapshot().values)
            }
            #expect(results[1] == results[0] && results[2] == results[0])
        }

        @Test("rows of unlike lengths, states and wishes share a pass", arguments: FixtureModel.generations)
        func ragged(fixture: FixtureModel) async throws {
            let models = [try await fixture.onCUDA("cuda fp32").model, try await fixture.load("cpu fp32").model]
            let outputs: [ForwardRow.Output] = [.lastLogits, .allLogits, .lastHidden, .allHidden, .lastLogitsAndHidden, .none]
            let results = try models.map { model in
                let started = model.makeState()
                _ = try model.feed([5, 6, 7], to: started, pieces: 3, output: .none)
                var rows = outputs.enumerated().map { index, output in
                    ForwardRow(
                        tokens: (0...index * 13).map { $0 % 24 }, state: index == 1 ? started : model.makeState(), output: output)
                }
                try model.forward(&rows)
                return rows.flatMap { [$0.logits, $0.hidden, $0.state.snapshot().values] }
            }
            for (number, (card, host)) in zip(results[0], results[1]).enumerated() where !card.isEmpty {
                #expect(distance(card, host) <= Self.tolerance, "result \(number)")
            }
        }

        @Test("a split at any layer, whichever device comes first", arguments: FixtureModel.generations + [.deep])
        func splits(fixture: FixtureModel) async throws {
            let loaded = try await fixture.load("cpu fp32"), tokens = (0..<37).map { $0 * 5 % 24 }
            var strategies = [
                "cuda fp32 *1 -> cpu fp32 *1 -> cuda fp32", "cuda:1 fp32 *1 -> cuda fp32", "cuda fp32 *1+",
                "cuda fp32 *1 -> cuda fp16 *1 -> cuda fp32",
            ]
            for layer in 1...loaded.info.layerCount {
                strategies += ["cuda fp32 *\(layer) -> cpu fp32", "cpu fp32 *\(layer) -> cuda fp32"]
            }
            let expected = try loaded.model.feed(tokens, to: loaded.model.makeState(), pieces: 36).logits
            for strategy in strategies {
                let model = try await fixture.onCUDA(strategy, "devices=2").model
                let logits = try model.feed(tokens, to: model.makeState(), pieces: 36).logits
                let tolerance = strategy.contains("fp16") ? 0.03 : Self.tolerance
                #expect(distance(logits, expected) <= tolerance, "\(strategy)")
            }
        }

        @Test("input longer than a pass goes in several")
        func longInput() async throws {
            let model = try await FixtureModel.tiny.onCUDA("cuda fp32").model
            let host = try await FixtureModel.tiny.load("cpu fp32").model
            #expect(model.promptChunk >= 1024)
            let tokens = (0..<model.promptChunk + 90).map { $0 % model.vocabularySize }
            let logits = try model.feed(tokens, to: model.makeState(), pieces: tokens.count).logits
            let expected = try host.feed(tokens, to: host.makeState(), pieces: tokens.count).logits
            #expect(distance(logits, expected) <= Self.tolerance)
        }

        @Test("streamed layers, through pinned memory and through converted copies", arguments: ["fp16", "fp32", "fp16i8", "bf16"])
        func streaming(format: String) async throws {
            for fixture in [FixtureModel.deep, .seven] {
                let resident = try await fixture.onCUDA("cuda \(format)").model
                let tokens = (0..<20).map { $0 % 24 }
                let expected = try resident.feed(tokens, to: resident.makeState(), pieces: 19).logits
                let streamed = try await fixture.load("cuda \(format) *1+", devices: [FakeCUDA.device(nil)]).model
                let logits = try streamed.feed(tokens, to: streamed.makeState(), pieces: 19).logits
                // What stays on the card may skip zeros, and then adds up in another order.
                #expect(distance(logits, expected) <= 5e-5)
            }
        }
    }
}
