import Foundation
import HostCore
import HostGeneration

/// How fast texts come with drafts and without, one way after the other in the same run.
///
/// The texts are written down: a processor has each token win, so that random weights write them, too. All else is what a
/// request takes: the model's passes, the sampler, the form.
struct DraftRates {
    struct Row {
        let text: String
        let tokens: Int
        /// Tokens per second, medians.
        let plain: Double, drafted: Double
        var ratio: Double { drafted / plain }
    }

    let strategy: String
    private(set) var rows: [Row] = []

    private static let rounds = 5
    /// Tokens of a text beside a draft model, of which one in this many is guessed wrong.
    private static let modelTokens = 96, wrongGuesses = 8

    /// - Parameters:
    ///   - length: the most tokens of a draft.
    ///   - draftModel: guesses plain text, and nothing else is measured then; nil measures what comes without one.
    init(
        _ strategy: String, of loaded: LoadedModel, length: Int, draftModel: (any LanguageModel)? = nil, threads: Int?,
        progress: (String) -> Void
    ) async throws {
        self.strategy = strategy
        func engine(_ length: Int, _ draftModel: (any LanguageModel)? = nil) -> Engine {
            var configuration = EngineConfiguration()
            (configuration.draftTokens, configuration.threads) = (length, threads)
            return Engine(loaded, configuration: configuration, draftModel: draftModel, log: .silent)
        }
        let plain = engine(0), tokenizer = loaded.tokenizer
        if let draftModel {
            let script = DraftScript.prose
            let agreeing = AgreeingModel(draftModel, text: script.tokens(tokenizer), oneWrongOf: Self.wrongGuesses)
            progress("text beside a draft model")
            rows.append(
                try await Self.row(
                    "text beside a draft model", script.request(tokenizer, atMost: Self.modelTokens), plain, engine(length, agreeing)))
            return
        }
        let drafted = engine(length)
        for script in DraftScript.all where !script.needsText || !(tokenizer is NumberTokenizer) {
            progress("\(script.name) with drafts and without")
            rows.append(try await Self.row(script.name, script.request(tokenizer), plain, drafted))
        }
    }

    private static func row(
        _ name: String, _ request: GenerationRequest, _ plain: Engine, _ drafted: Engine
    ) async throws -> Row {
        var rates: (plain: [Double], drafted: [Double]) = ([], [])
        for _ in 0..<rounds {
            rates.plain.append(try await rate(of: request, on: plain))
            rates.drafted.append(try await rate(of: request, on: drafted))
        }
        return Row(
            text: name, tokens: request.maxTokens ?? 0, plain: SpeedTest.median(rates.plain),
            drafted: SpeedTest.median(rates.drafted))
    }

    private static func rate(of request: GenerationRequest, on engine: Engine) async throws -> Double {
        for try await event in try await engine.generate(request) {
            guard case .finished(let report) = event else { continue }
            guard report.usage.completionTokens == request.maxTokens else {
                throw GenerationError(
                    .device, "drafts", "a text of \(report.usage.completionTokens) tokens came, not of \(request.maxTokens ?? 0)")
            }
            // The first token comes from the prompt.
            return Double(report.usage.completionTokens - 1) / max(report.usage.decodeSeconds, 1e-9)
        }
        return 0
    }

    var json: JSONValue {
        [
            "strategy": .string(strategy),
            "texts": .array(
                rows.map { row in
                    [
                        "text": .string(row.text), "tokens": .integer(row.tokens), "plain_tokens_per_second": .number(row.plain),
                        "drafted_tokens_per_second": .number(row.drafted), "ratio": .number(row.ratio),
                    ]
                }),
        ]
    }

    var text: String {
        let list = rows.map {
            String(format: "%@ (%ld tokens) %.1f without and %.1f with, %.2f times", $0.text, $0.tokens, $0.plain, $0.drafted, $0.ratio)
        }
        return "Drafts of \(strategy), tokens/s: \(list.joined(separator: "; "))."
    }
}
