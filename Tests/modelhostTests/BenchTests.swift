import HostCore
import RWKVModels
import Support
import TestDevices
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
        #expect(few.subject == .random(try #require(RandomWeights.Shape("2x32x64"))))
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
            (["--random-weights", "1x16x2", "--generation", "8"], "5.2"), (["--model", "m", "--generation", "7"], "file"), (["--model", "m", "--strategy", "cpu fp17"], "column 5"),
        ])
    func refusals(arguments: [String], words: String) {
        let error = #expect(throws: (any Error).self) { try options(arguments) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words))
    }

    @Test("random weights of every generation are a model of that generation", arguments: RWKVVersion.allCases)
    func generations(generation: RWKVVersion) async throws {
        let options = try options(["--random-weights", "2x96x64", "--generation", generation.rawValue])
        guard case .random(let shape) = options.subject else { return #expect(Bool(false)) }
        let checkpoint = try RandomWeights(shape).checkpoint()
        let summary = try RWKVModelBuilder().summary(of: checkpoint)
        #expect(summary.architecture == "RWKV-\(generation.rawValue)" && summary.layerCount == 2)
        let recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: NumberTokenizer(vocabularySize: 64), prompting: Prompting())
        let loaded = try await RWKVModelBuilder().build(recipe, options: LoadOptions(), progress: { _ in })
        var rows = [ForwardRow(tokens: [1, 2, 3], state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        #expect(rows[0].logits.allSatisfy(\.isFinite) && Set(rows[0].logits).count > 1)
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
