import Foundation
import HostCompute
import HostCore
import Support
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

    /// As the fixtures' `generate.py` does it: over all tokens of the golden sequences.
    @Test(
        "divergence from fp32 per token is no greater than the package's int8 has, and than ggml's Q4_0",
        arguments: [("cpu fp32i8", "package_int8"), ("cpu fp32i4", "q4_0")], FixtureModel.generations + [.deep])
    func divergence(item: (strategy: String, reference: String), fixture: FixtureModel) async throws {
        let json = try JSONValue(parsing: Array(Fixture.data("models/divergence.json")))
        let theirs = try #require(json["models"]?[fixture.name]?[item.reference]?.doubleValue)
        let exact = try await fixture.load("cpu fp32").model, model = try await fixture.load(item.strategy).model
        let width = model.vocabularySize
        var total = 0.0, count = 0
        for tokens in try fixture.golden.sequences.map(\.tokens) {
            let p = try exact.feed(tokens, to: exact.makeState(), pieces: tokens.count, output: .allLogits).logits
            let q = try model.feed(tokens, to: model.makeState(), pieces: tokens.count, output: .allLogits).logits
            for start in stride(from: 0, to: p.count, by: width) {
                total += divergence(p[start..<start + width], q[start..<start + width])
            }
            count += tokens.count
        }
        let ours = total / Double(count)
        #expect(ours <= theirs)
        Attachment.record("\(fixture.name), \(item.strategy): ours \(ours), theirs \(theirs) nats per token", named: "divergence.txt")
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
