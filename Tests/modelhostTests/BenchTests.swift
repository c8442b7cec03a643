import Foundation
import HostCompute
import HostComputeCPU
import HostCore
import HostGeneration
import HostTokenizers
import RWKVModels
import Support
import TestDevices
import TestEngines
import Testing

@testable import modelhost

@Suite("The benchmark")
struct BenchTests {
    private func options(_ arguments: [String]) throws -> BenchOptions {
        let parsed = try ParsedArguments(["bench"] + arguments)
        return try BenchOptions(parsed, settings: Settings(arguments: parsed, file: nil))
    }

    @Test("strategies add up, sizes are a list, and what is left out has the documented value")
    func parsing() throws {
        let few = try options(["--random-weights", "2x32x64"])
        #expect(few.subject == .random(try #require(RandomWeights.Shape("2x32x64")), zeros: nil))
        #expect(few.strategies == ["cpu fp32", "cpu bf16"] && few.batchSizes == [1, 4, 16])
        #expect(few.promptTokens == 512 && few.generatedTokens == 64 && few.competingThreads == 0 && !few.printsJSON)
        let all = try options([
            "--model", "a.pth", "--strategy", "cpu fp32", "--prompt", "7", "--strategy", "cpu fp32i8", "--generate=9",
            "--batch", "2,3", "--threads", "2", "--competing", "1", "--json",
        ])
        #expect(all.subject == .model("a.pth") && all.strategies == ["cpu fp32", "cpu fp32i8"])
        #expect(all.promptTokens == 7 && all.generatedTokens == 9 && all.batchSizes == [2, 3])
        #expect(all.threads == 2 && all.competingThreads == 1 && all.printsJSON)
    }

    @Test(
        "what makes no sense is refused and named",
        arguments: [
            ([], "--random-weights"), (["--random-weights", "12x768"], "12x768"), (["--random-weights", "0x768x9"], "200 layers"),
            (["--random-weights", "axbxc"], "axbxc"), (["--random-weights", "1x16x2", "--model", "m"], "one of the two"),
            (["--model", "m", "--batch", "1,,4"], "--batch"), (["--model", "m", "--batch", "0"], "from 1"),
            (["--model", "m", "--prompt", "0"], "--prompt"),
            (["--random-weights", "1x16x2", "--generation", "8"], "5.2"), (["--model", "m", "--generation", "7"], "file"),
            (["--model", "m", "--draft-weights", "1x16x2"], "--random-weights"),
            (["--random-weights", "1x16x2", "--draft-weights", "1x16x3"], "the vocabulary of --random-weights"),
            (["--model", "m", "--zeros", "0.5"], "--random-weights"), (["--model", "m", "--strategy", "cpu fp17"], "column 5"),
        ])
    func refusals(arguments: [String], words: String) {
        let error = #expect(throws: (any Error).self) { try options(arguments) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words))
    }

    @Test("a trace wants random weights and one strategy of the processor, and accounts for all of the time")
    func trace() async throws {
        let shape = ["--random-weights", "2x64x256"]
        for (arguments, words) in [
            (["--model", "m", "--trace", "f"], "--random-weights"), (shape + ["--trace", "f"], "one strategy"),
            (shape + ["--trace-alone"], "goes with --trace"), (shape + ["--strategy", "cuda fp16", "--trace", "f"], "found \"cuda fp16\""),
        ] {
            let error = #expect(throws: UsageError.self) { try options(arguments) }
            #expect("\(error.map { "\($0)" } ?? "")".contains(words))
        }
        #expect(try options(shape + ["--trace", "f", "--strategy", "cpu fp32"]).tracePath == "f")
        let trace = PoolTrace(threads: 4, isAlone: true)
        let builder = RWKVModelBuilder(log: .silent, devices: [CPUDevice(trace: trace)])
        let checkpoint = try RandomWeights(#require(RandomWeights.Shape("2x64x256"))).checkpoint()
        let recipe = ModelRecipe(checkpoint: checkpoint, tokenizer: NumberTokenizer(vocabularySize: 256), promptFormat: PromptFormat())
        var loading = LoadOptions()
        loading.threads = 4
        let loaded = try await builder.build(recipe, options: loading, progress: { _ in })
        let found = try StepTrace("cpu fp32", of: loaded.model, batch: 2, steps: 3, by: trace, threads: 4)
        let shares = found.shares, first = try #require(found.passes.first)
        #expect(found.passes.count == 3 && found.passes.allSatisfy { $0.steps.map(\.name) == first.steps.map(\.name) })
        #expect(first.steps.contains { $0.name == "multiply 256x64 64x64" && $0.layer == 1 } && !first.parts.isEmpty)
        for share in [shares.parts, shares.waiting, shares.serial, shares.outside] { #expect(share >= 0 && share < 1) }
        let events = found.json["traceEvents"]?.arrayValue ?? []
        #expect(events.count == found.passes.reduce(0) { $0 + 1 + $1.steps.count + $1.parts.count })
        #expect(found.text.contains("cut for 4 threads, one at work"))
    }

    @Test("the texts that drafts are measured with are written as they stand, in their form, with drafts and without")
    func drafts() async throws {
        let tokenizer = try TokenizerFile.open(path: Fixture.root.appending(path: "models/demo/tokenizer.json").path(percentEncoded: false))
        let checkpoint = try RandomWeights(#require(RandomWeights.Shape("1x32x2048"))).checkpoint()
        let recipe = ModelRecipe(checkpoint: checkpoint, tokenizer: tokenizer, promptFormat: PromptFormat())
        let loaded = try await RWKVModelBuilder().build(recipe, options: LoadOptions(), progress: { _ in })
        for script in DraftScript.all.dropFirst() {
            var texts: [[TokenID]] = []
            for length in [0, 15] {
                var configuration = EngineConfiguration()
                configuration.draftTokens = length
                let engine = Engine(loaded, configuration: configuration, log: .silent)
                texts.append(try await Collected(engine.generate(script.request(tokenizer))).tokenIDs)
            }
            #expect(texts[0].count == script.request(tokenizer).maxTokens)
            #expect(texts[0] == texts[1])
        }
    }

    @Test("a model that knows a text agrees with all but some of it")
    func agreeing() throws {
        let model = AgreeingModel(ScriptedModel.uniform(), text: [1, 2, 3, 4, 5, 6], oneWrongOf: 4), state = model.makeState()
        var found: [TokenID] = []
        for tokens in [[1, 2], [3], [4]] {
            var rows = [BatchEntry(tokens: tokens, state: state, output: .lastLogits)]
            try model.forward(&rows)
            found.append(try #require(rows[0].logits.firstIndex(of: 10_000)))
        }
        #expect(found == [3, 5, 5])
        let fork = state.copy()
        var rows = [BatchEntry(tokens: [5], state: fork, output: .lastLogits)]
        try model.forward(&rows)
        #expect(rows[0].logits.firstIndex(of: 10_000) == 6 && rows[0].state === fork)
    }

    @Test("random weights of every generation are a model of that generation", arguments: RWKVVersion.allCases)
    func generations(generation: RWKVVersion) async throws {
        let options = try options(["--random-weights", "2x96x64", "--generation", generation.rawValue])
        guard case .random(let shape, _) = options.subject else { return #expect(Bool(false)) }
        let checkpoint = try RandomWeights(shape).checkpoint()
        let summary = try RWKVModelBuilder().summary(of: checkpoint)
        #expect(summary.architecture == "RWKV-\(generation.rawValue)" && summary.layerCount == 2)
        let recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: NumberTokenizer(vocabularySize: 64), promptFormat: PromptFormat())
        let loaded = try await RWKVModelBuilder().build(recipe, options: LoadOptions(), progress: { _ in })
        var rows = [BatchEntry(tokens: [1, 2, 3], state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        #expect(rows[0].logits.allSatisfy(\.isFinite) && Set(rows[0].logits).count > 1)
    }

    @Test("zeros leave that share of the inner channels below zero, in every generation", arguments: RWKVVersion.allCases)
    func zeros(generation: RWKVVersion) async throws {
        let options = try options(["--random-weights", "2x96x64", "--zeros", "0.85", "--generation", generation.rawValue])
        guard case .random(let shape, let zeros) = options.subject else { return #expect(Bool(false)) }
        #expect(zeros == 0.85 && options.zeros == 0.85)
        let checkpoint = try RandomWeights(shape, zeros: zeros).checkpoint()
        var below = 0, rows = 0
        for layer in 0..<2 {
            let gain = try checkpoint.tensor("blocks.\(layer).ln2.weight")
            let key = try checkpoint.tensor("blocks.\(layer).ffn.key.weight")
            #expect(gain.floats().allSatisfy { $0 == 0 })
            #expect(try checkpoint.tensor("blocks.\(layer).ln2.bias").floats().allSatisfy { $0 > 0.09 && $0 < 0.11 })
            let numbers = key.floats(), width = key.shape[1]
            for row in 0..<key.shape[0] {
                let row = numbers[row * width..<(row + 1) * width]
                #expect(row.allSatisfy { $0 > 0 } || row.allSatisfy { $0 < 0 })
                below += row.first.map { $0 < 0 ? 1 : 0 } ?? 0
                rows += 1
            }
        }
        #expect(abs(Double(below) / Double(rows) - 0.85) < 0.06)
    }

    @Test("random weights are a model that the builder takes, and leave no file behind")
    func randomWeights() throws {
        let weights = try RandomWeights(try #require(RandomWeights.Shape("2x32x64")))
        let checkpoint = try weights.checkpoint()
        #expect(checkpoint.names.count == 2 * 18 + 6)
        let head = try checkpoint.tensor("head.weight")
        #expect(head.shape == [64, 32] && head.dtype == .bfloat16 && head.bytes.count == 64 * 32 * 2)
        #expect(throws: LoadError.self) { try checkpoint.tensor("blocks.2.att.key.weight") }
    }

    @Test("the peak of memory is read from what Linux writes")
    func peakMemory() {
        #expect(PeakMemory.bytes(status: "VmPeak:\t 9 kB\nVmHWM:\t   1234 kB\nVmRSS:\t 7 kB\n") == 1234 * 1024)
        #expect(PeakMemory.bytes(status: "Name:\tx\n") == nil)
    }

    @Test("the median of an even number of times lies between the middle two")
    func median() {
        #expect(SpeedTest.median([3, 1, 2]) == 2 && SpeedTest.median([4, 1, 2, 3]) == 2.5 && SpeedTest.median([]) == 0)
    }
}
