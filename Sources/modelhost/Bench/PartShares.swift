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

    /// - Parameter peak: of the strategy's arithmetic, operations per second.
    init(
        _ strategy: String, of loaded: LoadedModel, by clock: StepClock, prompt: Int, steps: Int, peak: Double
    ) throws {
        self.strategy = strategy
        let model = loaded.model
        func run(
            _ tokens: [TokenID], _ output: BatchEntry.Output, times: Int
        ) throws -> (
            shares: [(String, Double)], products: Double
        ) {
            var rows = [BatchEntry(tokens: tokens, state: model.makeState(), output: output)]
            // The first passes grow their memory and wake the threads.
            for _ in 0..<2 { try model.forward(&rows) }
            _ = clock.takeTimes()
            let whole = try ContinuousClock().measure { for _ in 0..<times { try model.forward(&rows) } }
            let spent = clock.takeTimes()
            let shares = StepClock.Part.allCases.map { ($0.rawValue, (spent[$0] ?? .zero) / whole) }
            let products = (spent[.products] ?? .zero) / .seconds(1) / Double(times)
            return (shares + [("outside", 1 - shares.reduce(0) { $0 + $1.1 })], products)
        }
        // Without logits, as the peak is held against the blocks' matrices alone.
        let reading = try run((0..<prompt).map { $0 % model.vocabularySize }, .none, times: 3)
        prefill = reading.shares
        productsOfPeak = loaded.info.cost.map { Double(prompt * 2 * $0.blockMultiplications) / reading.products / peak }
        decode = try run([1], .lastLogits, times: steps).shares
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
