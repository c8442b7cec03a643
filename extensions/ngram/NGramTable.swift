import Foundation
import HostCore

/// A text, and all of its places in the order of what stands before them, so that the places after the same words are
/// neighbours.
///
/// Probabilities are interpolated as Witten and Bell do: each context gives room to the shorter one in proportion to the
/// number of different tokens that follow it.
///
/// - Source: Chen and Goodman 1996, "An Empirical Study of Smoothing Techniques for Language Modeling", section 2.
struct NGramTable: Sendable {
    let vocabularySize: Int
    let order: Int
    private let tokens: [UInt16]
    /// Places in `tokens`, sorted by the token before, then by the one before that, and so on.
    private let places: [UInt32]
    /// How often each token comes, and how many different ones there are.
    private let unigrams: [Float]
    private let kinds: Float
    /// Of places after a frequent context only this many are looked at, evenly spaced.
    private static let greatestSample = 1 << 14

    var byteCount: Int { tokens.count * 2 + places.count * 4 + unigrams.count * 4 }

    /// - Parameter progress: receives the share that is done.
    /// - Throws: `LoadError.cancelled`.
    /// - Cost: a sort of as many places as there are tokens.
    init(
        _ tokens: [UInt16], vocabularySize: Int, order: Int, progress: (Double) -> Void
    ) throws(LoadError) {
        self.tokens = tokens
        self.vocabularySize = vocabularySize
        self.order = order
        var buckets = [[UInt32]](repeating: [], count: vocabularySize)
        var counts = [Float](repeating: 0, count: vocabularySize)
        for place in tokens.indices {
            counts[Int(tokens[place])] += 1
            if place > 0 { buckets[Int(tokens[place - 1])].append(UInt32(place)) }
        }
        unigrams = counts
        kinds = Float(counts.count { $0 > 0 })
        var sorted: [UInt32] = []
        sorted.reserveCapacity(tokens.count)
        for bucket in buckets {
            if Task.isCancelled { throw LoadError(.cancelled, "n-gram table", "the load was cancelled before it finished") }
            sorted += bucket.sorted { Self.compare(tokens, Int($0), tokens, Int($1), order - 1) < 0 }
            progress(Double(sorted.count) / Double(tokens.count))
        }
        places = sorted
    }

    /// The logarithms of what each token's chance is after some tokens.
    func logits(after context: [UInt16]) -> [Float] {
        let total = Float(tokens.count)
        let floor = kinds / (total + kinds) / Float(vocabularySize)
        var chances = unigrams.map { $0 / (total + kinds) + floor }
        var range = places.indices
        for length in 1..<max(order, 1) where length <= context.count {
            range = neighbours(of: context, length, in: range)
            guard !range.isEmpty else { break }
            var counts: [UInt16: Float] = [:]
            let sample = stride(from: range.lowerBound, to: range.upperBound, by: 1 + range.count / Self.greatestSample)
            for index in sample { counts[tokens[Int(places[index])], default: 0] += 1 }
            let different = Float(counts.count), all = counts.values.reduce(different, +)
            for token in chances.indices { chances[token] *= different / all }
            for (token, count) in counts { chances[Int(token)] += count / all }
        }
        return chances.map { log($0) }
    }

    /// The places before which the last `length` tokens of a context stand.
    private func neighbours(of context: [UInt16], _ length: Int, in range: Range<Int>) -> Range<Int> {
        func boundary(_ isBefore: (Int) -> Bool) -> Int {
            var (low, high) = (range.lowerBound, range.upperBound)
            while low < high {
                let middle = (low + high) / 2
                if isBefore(Self.compare(tokens, Int(places[middle]), context, context.count, length)) { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return boundary { $0 < 0 }..<boundary { $0 <= 0 }
    }

    /// Compares what stands before two places, from the nearest token on; the beginning comes before all else.
    private static func compare(_ a: [UInt16], _ aPlace: Int, _ b: [UInt16], _ bPlace: Int, _ length: Int) -> Int {
        for distance in 1...max(length, 1) where length > 0 {
            let one = aPlace >= distance ? Int(a[aPlace - distance]) : -1
            let other = bPlace >= distance ? Int(b[bPlace - distance]) : -1
            if one != other { return one - other }
        }
        return 0
    }
}
