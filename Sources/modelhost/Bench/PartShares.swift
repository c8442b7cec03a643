import Foundation
import HostCompute
import HostCore

/// What shares of a pass its parts take, by a clock at every operation.
struct PartShares {
    let strategy: String
    /// Of a pass that reads a prompt, and of one that adds a token to a sequence.
    let prefill: [(part: String, share: Double)], decode: [(part: String, share: Double)]
    /// What the products of prefill reach of the arithmetic that they are held against.
    let productsOfPeak: Double?

    init(
        _ strategy: String, of loaded: LoadedModel, by clock: TimedBackend, prompt: Int, steps: Int, peak: BenchRow.Peak?
    ) throws {
        let model = loaded.model
        self.strategy = strategy
        var productTime = Duration.zero
        func run(_ tokens: [TokenID], times: Int) throws -> [(String, Double)] {
            var rows = [ForwardRow(tokens: tokens, state: model.makeState(), output: .lastLogits)]
            // The first passes grow their memory and wake the threads.
            for _ in 0..<2 { try model.forward(&rows) }
            _ = clock.takeTimes()
            let whole = try ContinuousClock().measure { for _ in 0..<times { try model.forward(&rows) } }
            let spent = clock.takeTimes()
            productTime = (spent[.products] ?? .zero) / times
            let shares = TimedBackend.Part.allCases.map { ($0.rawValue, (spent[$0] ?? .zero) / whole) }
            return shares + [("outside", 1 - shares.reduce(0) { $0 + $1.1 })]
        }
        prefill = try run((0..<prompt).map { $0 % model.vocabularySize }, times: 3)
        productsOfPeak = loaded.info.cost.flatMap { cost in
            peak.map { Double(prompt * 2 * cost.blockMultiplications) / (productTime / .seconds(1)) / $0.operationsPerSecond }
        }
        decode = try run([1], times: steps)
    }

    var json: JSONValue {
        func object(_ shares: [(part: String, share: Double)]) -> JSONValue {
            .object(JSONObject(shares.map { ($0.part, .number($0.share)) }))
        }
        return [
            "strategy": .string(strategy), "prefill": object(prefill), "decode": object(decode),
            "prefill_products_fraction_of_peak": productsOfPeak.map(JSONValue.number) ?? .null,
        ]
    }

    var text: String {
        func list(_ shares: [(part: String, share: Double)]) -> String {
            shares.map { String(format: "%@ %.1f %%", $0.part, $0.share * 100) }.joined(separator: ", ")
        }
        let reached = productsOfPeak.map { String(format: " (the products alone at %.0f %% of their peak)", $0 * 100) } ?? ""
        return "Parts of \(strategy): prefill \(list(prefill))\(reached); decode \(list(decode))."
    }
}
