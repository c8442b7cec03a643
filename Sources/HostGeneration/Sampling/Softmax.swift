import Foundation

/// Exponentials and softmax in plain IEEE operations, so that the same logits give the same draw on every platform.
enum Softmax {
    /// e to the power of `x`, within a unit in the last place from −87 to 0; 0 below −87.
    ///
    /// - Source: Cephes `expf.c` (range reduction and polynomial).
    @inline(__always)
    static func exp(_ x: Float) -> Float {
        // Adding 1.5 · 2²³ rounds to an integer, whose bits are then the low bits of the sum.
        let magic: Float = 12_582_912
        let low = x > -87 ? x : -87
        let clamped = low < 88 ? low : 88
        let shifted = clamped * 1.442_695_04 + magic
        let power = shifted - magic
        let rest = (clamped - power * 0.693_359_375) - power * -2.121_944_4e-4
        var sum: Float = 1.987_569_15e-4
        sum = sum * rest + 1.398_199_95e-3
        sum = sum * rest + 8.333_451_9e-3
        sum = sum * rest + 4.166_579_6e-2
        sum = sum * rest + 1.666_666_55e-1
        sum = sum * rest + 0.5
        sum = sum * rest * rest + rest + 1
        let scale = Float(bitPattern: (shifted.bitPattern &- magic.bitPattern &+ 127) << 23)
        return x < -87 ? 0 : sum * scale
    }

    /// The greatest logit; minus infinity when all are removed.
    static func maximum(_ logits: borrowing [Float]) -> Float {
        let logits = logits.span
        var best = -Float.infinity
        for index in logits.indices where logits[index] > best { best = logits[index] }
        return best
    }

    /// Fills `weights` with e^(l − max l) for every logit l and returns their sum.
    static func weights(of logits: borrowing [Float], into weights: inout [Float]) -> Double {
        let best = maximum(logits)
        if weights.count != logits.count { weights = [Float](repeating: 0, count: logits.count) }
        let logits = logits.span
        var target = weights.mutableSpan
        // Two loops, because the first then runs several lanes at a time.
        for index in 0..<logits.count { target[index] = exp(logits[index] - best) }
        return sum(weights)
    }

    private static func sum(_ weights: borrowing [Float]) -> Double {
        let weights = weights.span
        return sum(of: weights.count) { weights[$0] }
    }

    /// In double precision and in one fixed order, so that the draw is the same everywhere; in eight sums side by side,
    /// since each step of a single one would wait for the last.
    @inline(__always)
    private static func sum(of count: Int, _ term: (Int) -> Float) -> Double {
        var sums = SIMD8<Double>()
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) {
            for lane in 0..<8 { sums[lane] += Double(term(index + lane)) }
        }
        var sum = 0.0
        for lane in 0..<8 { sum += sums[lane] }
        for index in whole..<count { sum += Double(term(index)) }
        return sum
    }

    /// ln Σ e^l.
    static func logSum(_ logits: borrowing [Float]) -> Double {
        let best = maximum(logits)
        let logits = logits.span
        return Double(best) + log(sum(of: logits.count) { exp(logits[$0] - best) })
    }

    /// −Σ p ln p in nats, of `weights` as `weights(of:into:)` leaves them.
    static func entropy(of logits: borrowing [Float], weights: borrowing [Float], total: Double) -> Double {
        let best = Double(maximum(logits))
        let logits = logits.span
        let weights = weights.span
        var sum = 0.0
        for index in logits.indices where weights[index] > 0 {
            sum += Double(weights[index]) * (Double(logits[index]) - best)
        }
        return log(total) - sum / total
    }

    static func areFinite(_ logits: borrowing [Float]) -> Bool {
        let logits = logits.span
        // Subtracting a number from itself gives 0 unless it is not finite; the sum needs no branch.
        var sum: Float = 0
        for index in logits.indices { sum += logits[index] - logits[index] }
        return sum == 0
    }
}
