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
            for count in [1, 2, 9, 17, 40] {
                var rows = (0..<count).map { BatchEntry(tokens: [$0 % 24], state: model.makeState(), output: .lastLogits) }
                var own = (0..<count).map { BatchEntry(tokens: [$0 % 24], state: host.makeState(), output: .lastLogits) }
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

        @Test(
            "a pass of one token makes its mixes where they are multiplied with, and leaves the same state",
            arguments: FixtureModel.generations.map { ($0, "cuda fp32") }
                + ["cuda fp16", "cuda bf16", "cuda fp16i8", "cuda fp16i4"].flatMap { [(.tiny, $0), (.seven, $0)] })
        func mixed(fixture: FixtureModel, strategy: String) async throws {
            let model = try await fixture.onCUDA(strategy, "cc=90").model
            let state = model.makeState()
            _ = try model.feed([1, 2, 3, 4, 5], to: state, pieces: 5, output: .none)
            let twin = state.copy(), before = FakeCUDA.calls(of: "mk_mix")
            let alone = try model.feed([6], to: state, pieces: 1)
            // RWKV-6 mixes by data, in another step; DeepEmbed reads the normalised token itself.
            if ![.six, .sevenDeepEmbed].contains(fixture) { #expect(FakeCUDA.calls(of: "mk_mix") == before) }
            // Beside another sequence the token takes the kernels of several rows.
            var rows = [twin, model.makeState()].map { BatchEntry(tokens: [6], state: $0, output: .lastLogits) }
            try model.forward(&rows)
            #expect(FakeCUDA.calls(of: "mk_mix") > before)
            let tolerance: Float = strategy == "cuda fp32" ? 5e-5 : strategy.hasSuffix("i4") ? 0.3 : 0.1
            #expect(distance(rows[0].logits, alone.logits) <= tolerance)
            #expect(distance(twin.snapshot().values, state.snapshot().values) <= tolerance)
        }

        @Test("rows of unlike lengths, states and wishes share a pass", arguments: FixtureModel.generations)
        func ragged(fixture: FixtureModel) async throws {
            let models = [try await fixture.onCUDA("cuda fp32").model, try await fixture.load("cpu fp32").model]
            let outputs: [BatchEntry.Output] = [.lastLogits, .allLogits, .lastHidden, .allHidden, .lastLogitsAndAllHidden, .none]
            let results = try models.map { model in
                let started = model.makeState()
                _ = try model.feed([5, 6, 7], to: started, pieces: 3, output: .none)
                var rows = outputs.enumerated().map { index, output in
                    BatchEntry(
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
            let loaded = try await fixture.load("cpu fp32"), tokens = (0..<11).map { $0 * 5 % 24 }
            var strategies = [
                "cuda fp32 *1 -> cpu fp32 *1 -> cuda fp32", "cuda:1 fp32 *1 -> cuda fp32", "cuda fp32 *1+",
                "cuda fp32 *1 -> cuda fp16 *1 -> cuda fp32",
            ]
            for layer in 1...loaded.info.layerCount {
                strategies += ["cuda fp32 *\(layer) -> cpu fp32", "cpu fp32 *\(layer) -> cuda fp32"]
            }
            let expected = try loaded.model.feed(tokens, to: loaded.model.makeState(), pieces: 10).logits
            for strategy in strategies {
                let model = try await fixture.onCUDA(strategy, "devices=2").model
                let logits = try model.feed(tokens, to: model.makeState(), pieces: 10).logits
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

        // What stays on the card may lie by input and then adds up in another order, which shows where 16 bits are rounded to, or
        // takes its row in fp32 where the other way rounds it to 15 bits.
        @Test(
            "streamed layers, through pinned memory and through converted copies",
            arguments: [("fp16", Float(5e-3)), ("fp32", 5e-5), ("fp16i8", 5e-3), ("bf16", 0.03)])
        func streaming(format: String, tolerance: Float) async throws {
            for fixture in [FixtureModel.deep, .seven] {
                let resident = try await fixture.onCUDA("cuda \(format)").model
                let tokens = (0..<20).map { $0 % 24 }
                let expected = try resident.feed(tokens, to: resident.makeState(), pieces: 19).logits
                let streamed = try await fixture.load("cuda \(format) *1+", devices: [FakeCUDA.device(nil)]).model
                let logits = try streamed.feed(tokens, to: streamed.makeState(), pieces: 19).logits
                #expect(distance(logits, expected) <= tolerance)
            }
        }
    }
}
