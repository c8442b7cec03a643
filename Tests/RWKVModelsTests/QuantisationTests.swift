import Foundation
import HostComputeCPU
import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

@Suite("Quantised models stay close to fp32")
struct QuantisationTests {
    /// Root of the mean squared difference from fp32 over that of fp32 itself, over all sequences of a golden file.
    static func relativeError(_ logits: [String: [Float]], _ golden: Golden) throws -> Double {
        var error = 0.0, size = 0.0
        for (name, values) in logits {
            let truth = try #require(golden.sequence(name)).tokenLogits
            for (value, exact) in zip(values, truth) {
                error += pow(Double(value) - Double(exact), 2)
                size += pow(Double(exact), 2)
            }
        }
        return (error / size).squareRoot()
    }

    static let packageCases = [FixtureModel.tiny: ["cpu fp32i8", "cpu fp16i8", "cpu bf16i8"], .deep: ["cpu fp32i8", "cpu fp16i8"]]
        .flatMap { fixture, strategies in strategies.map { (fixture, $0) } }

    @Test("eight bits are no further from fp32 than the package's own int8", arguments: packageCases)
    func int8(fixture: FixtureModel, strategy: String) async throws {
        let golden = try fixture.golden
        let package = try #require(golden.otherStrategies[strategy])
        let model = try await fixture.load(strategy).model
        var ours: [String: [Float]] = [:]
        for name in package.keys {
            let tokens = try #require(golden.sequence(name)).tokens
            ours[name] = try model.feed(tokens, to: model.makeState(), pieces: tokens.count).logits
        }
        let mine = try Self.relativeError(ours, golden), theirs = try Self.relativeError(package, golden)
        #expect(mine <= theirs)
        Attachment.record("\(fixture.rawValue), \(strategy): ours \(mine), the package's \(theirs)", named: "relative-errors.txt")
    }

    /// As the fixtures' `generate.py` measures them, over 8 texts of 64 random tokens.
    @Test(
        "eight bits are no further from fp32 than the package's int8, four no further than ggml's Q4_0",
        arguments: [("cpu fp32i8", "package_int8"), ("cpu fp32i4", "q4_0")], FixtureModel.generations + [.deep])
    func distance(item: (strategy: String, reference: String), fixture: FixtureModel) async throws {
        let json = try JSONValue(parsing: Array(Fixture.data("models/quantised.json")))
        let theirs = try #require(json["models"]?[fixture.name]?[item.reference])
        let exact = try await fixture.load("cpu fp32").model, model = try await fixture.load(item.strategy).model
        let width = model.vocabularySize
        var nats = 0.0, error = 0.0, size = 0.0
        for seed in 0..<8 {
            var random = RandomNumbers(state: UInt64(seed))
            let tokens = (0..<64).map { _ in random.below(width) }
            let p = try exact.feed(tokens, to: exact.makeState(), pieces: 64, output: .allLogits).logits
            let q = try model.feed(tokens, to: model.makeState(), pieces: 64, output: .allLogits).logits
            for start in stride(from: 0, to: p.count, by: width) {
                nats += divergence(p[start..<start + width], q[start..<start + width]) / (8 * 64)
            }
            for (p, q) in zip(p, q) {
                error += Double((q - p) * (q - p))
                size += Double(p * p)
            }
        }
        let relative = (error / size).squareRoot()
        // The two are as good as equal for RWKV-5.0, whose rows of 24 numbers suit scales for rows and columns.
        #expect(nats <= 1.01 * (try #require(theirs["divergence"]?.doubleValue)))
        #expect(relative <= (try #require(theirs["error"]?.doubleValue)))
        Attachment.record(
            "\(fixture.name), \(item.strategy): \(nats) nats per token, relative error \(relative); theirs \(theirs.encoded())\n",
            named: "distances.txt")
    }

    /// Kullback and Leibler's, in nats, of the softmax of q from that of p.
    private func divergence(_ p: ArraySlice<Float>, _ q: ArraySlice<Float>) -> Double {
        func logarithms(_ logits: ArraySlice<Float>) -> [Double] {
            let most = Double(logits.max() ?? 0)
            let total = log(logits.reduce(0.0) { $0 + exp(Double($1) - most) }) + most
            return logits.map { Double($0) - total }
        }
        return zip(logarithms(p), logarithms(q)).reduce(0.0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
}
