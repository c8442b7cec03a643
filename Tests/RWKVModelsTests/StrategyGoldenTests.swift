import HostCore
import TestDevices
import Testing

@testable import RWKVModels

/// Other strategies against the package's fp32 logits and its own logits in that strategy.
///
/// Tolerances are those of the goldens' README; ours rounds activations only where bf16 products take them,
/// and has an int8 scheme of its own (`QuantisationTests`).
@Suite("Strategies stay within their tolerances")
struct StrategyGoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let fixture: FixtureModel
        let strategy: String
        let toleranceFP32: Float
        let toleranceOwn: Float

        var testDescription: String { "\(fixture.rawValue), \(strategy)" }
    }

    static let cases =
        [
            Case(fixture: .tiny, strategy: "cpu bf16", toleranceFP32: 0.2, toleranceOwn: 0.2),
            Case(fixture: .tiny, strategy: "cpu fp16", toleranceFP32: 0.03, toleranceOwn: 0.03),
            Case(fixture: .tiny, strategy: "cpu fp32i8", toleranceFP32: 0.1, toleranceOwn: 0.1),
            Case(fixture: .tiny, strategy: "cpu bf16i8", toleranceFP32: 0.1, toleranceOwn: 0.2),
            Case(fixture: .tiny, strategy: "cpu fp16i8", toleranceFP32: 0.1, toleranceOwn: 0.1),
            Case(
                fixture: .tiny, strategy: "cpu fp32 *1 -> cpu bf16 *1 -> cpu fp32i8", toleranceFP32: 0.1,
                toleranceOwn: 0.1),
            Case(fixture: .tinyBF16, strategy: "cpu bf16", toleranceFP32: 0.2, toleranceOwn: 0.2),
            Case(fixture: .deep, strategy: "cpu fp16", toleranceFP32: 0.03, toleranceOwn: 0.03),
            Case(fixture: .deep, strategy: "cpu fp16i8", toleranceFP32: 0.1, toleranceOwn: 0.1),
            Case(fixture: .deep, strategy: "cpu fp32i8", toleranceFP32: 0.1, toleranceOwn: 0.1),
            Case(fixture: .deep, strategy: "cpu fp16 *3 -> cpu fp32", toleranceFP32: 0.03, toleranceOwn: 0.03),
        ] + generations

    /// 5, 6 and 7, whose low-rank factors are never quantised.
    static let generations = FixtureModel.generations.filter { ![.tiny, .sevenDeepEmbed].contains($0) }.flatMap { fixture in
        [("cpu bf16", 0.2, 0.2), ("cpu fp16", 0.03, 0.05), ("cpu fp32i8", 0.15, 0.2)]
            .filter { fixture != .seven || !$0.0.hasSuffix("i8") }
            .map { Case(fixture: fixture, strategy: $0.0, toleranceFP32: $0.1, toleranceOwn: $0.2) }
    }

    /// What the package cannot run, against its fp32 logits.
    @Test("strategies that the package lacks stay near fp32 too", arguments: FixtureModel.generations)
    func others(fixture: FixtureModel) async throws {
        let golden = try fixture.golden
        let strategies: [(String, Float)] = [
            ("cpu fp32i8", 0.15), ("cpu bf16i8", 0.2),
            ("cpu fp32 *1 -> cpu bf16 *1 -> cpu fp32i8", 0.2),
        ]
        for (strategy, tolerance) in strategies {
            let model = try await fixture.load(strategy).model
            for sequence in golden.sequences {
                let row = try model.feed(sequence.tokens, to: model.makeState(), pieces: sequence.tokens.count)
                let error = distance(row.logits, sequence.tokenLogits)
                #expect(error <= tolerance, "\(strategy), \(sequence.name)")
            }
        }
    }

    @Test("against fp32 and against the package", arguments: cases)
    func logits(_ item: Case) async throws {
        let model = try await item.fixture.load(item.strategy).model
        let golden = try item.fixture.golden
        let expected = try #require(golden.otherStrategies[item.strategy])
        var report: [String] = []
        for (name, own) in expected {
            let sequence = try #require(golden.sequence(name))
            for pieces in [1, sequence.tokens.count] {
                let row = try model.feed(sequence.tokens, to: model.makeState(), pieces: pieces)
                let toFP32 = distance(row.logits, sequence.tokenLogits), toOwn = distance(row.logits, own)
                report.append("\(name) in pieces of \(pieces): fp32 \(toFP32), own \(toOwn)")
                #expect(toFP32 <= item.toleranceFP32, "\(name) against fp32")
                #expect(toOwn <= item.toleranceOwn, "\(name) against the package in \(item.strategy)")
            }
        }
        Attachment.record(report.joined(separator: "\n"), named: "errors.txt")
    }
}
