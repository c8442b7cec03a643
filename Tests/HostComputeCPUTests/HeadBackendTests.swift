import HostCompute
import Testing

@testable import HostComputeCPU

/// How the heads of several sequences are shared out to threads.
@Suite("Recurrences of heads in a batch")
struct HeadBackendTests {
    static let heads = 3, size = 16, width = 48
    /// Tokens of each sequence: one, one more than a tile holds, none, and several times as many.
    static let lengths = [1, 17, 0, 40]

    /// What a recurrence reads: the activations of all sequences, in their order, and a state for each.
    struct Numbers {
        let arrays: [[Float]], states: [[Float]], vectors: [[Float]]

        init() {
            var random = Random(seed: 77)
            let rows = lengths.reduce(0, +)
            arrays = (0..<8).map { _ in random.floats(rows * width) }
            states = lengths.map { _ in random.floats(width * size) }
            vectors = (0..<8).map { _ in random.floats(width) }
        }
    }

    /// Outputs and states of these sequences, read in one batch.
    private func run(_ generation: Int, _ sequences: [Int], threads: Int, _ numbers: Numbers) -> (out: [Float], states: [[Float]]) {
        let backend = CPUBackend(threads: threads)
        let pool = backend.makeStates(initial: [Float](repeating: 0, count: Self.width * Self.size + 5))
        var batch = RaggedBatch(), rows: [Int] = []
        for (slot, sequence) in sequences.enumerated() {
            let start = Self.lengths.prefix(sequence).reduce(0, +), length = Self.lengths[sequence]
            try? pool.take(slot)
            try? pool.write(([Float](repeating: 3, count: 5) + numbers.states[sequence])[...], to: slot)
            batch.append([Int](repeating: 0, count: length)[...], slot: slot)
            rows += start..<start + length
        }
        func array(_ index: Int) -> any Activations {
            let x = backend.activations(width: Self.width)
            let values = rows.flatMap { row in numbers.arrays[index][row * Self.width..<(row + 1) * Self.width] }
            backend.write(values, rows: rows.count, to: x)
            return x
        }
        func vector(_ index: Int) -> any Vector { backend.makeVector(numbers.vectors[index]) }
        let out = backend.activations(width: Self.width)
        let norm = LayerNorm(gain: vector(0), bias: vector(1), epsilon: 1e-3)
        let step: Step
        if generation == 7 {
            step = .wkv7(
                WKV7(
                    WKV7.Inputs(r: array(0), k: array(1), v: array(2), decay: array(3), learningRate: array(4), gate: array(5)),
                    WKV7.Parameters(
                        decayBase: vector(3), learningRateBase: vector(4), removalKeyScale: vector(5),
                        keyLearningScale: vector(6), bonus: vector(7)),
                    firstValue: array(6), valueMix: (array(7), vector(2)), groupNorm: norm, out: out, headSize: Self.size,
                    offset: 5))
        } else {
            let decay: WKV6.Decay =
                generation == 5
                ? .constant(backend.makeVector(numbers.vectors[2].map { abs($0) }))
                : .perToken(array(3), base: vector(2))
            step = .wkv6(
                WKV6(
                    r: array(0), k: array(1), v: array(2), decay: decay, bonus: vector(3), groupNorm: norm,
                    gate: generation == 5 ? nil : array(4), out: out, headSize: Self.size, offset: 5))
        }
        backend.submit(backend.prepare([step], states: pool), batch)
        let states = sequences.indices.map { (try? pool.read($0).values()) ?? [] }
        return (backend.values(out, rows: rows.count), states)
    }

    @Test("every sequence gets the bits that it gets alone, whichever thread computes them", arguments: [5, 6, 7], [1, 2, 5])
    func sharing(generation: Int, threads: Int) {
        let numbers = Numbers()
        let all = run(generation, Array(Self.lengths.indices), threads: threads, numbers)
        var out: [Float] = [], states: [[Float]] = []
        for sequence in Self.lengths.indices {
            let alone = run(generation, [sequence], threads: 1, numbers)
            out += alone.out
            states += alone.states
        }
        #expect(all.out == out && all.states == states)
        #expect(out.allSatisfy(\.isFinite) && Set(out).count > out.count / 2)
        // The sequence without tokens keeps its state, and nobody writes below the offset.
        #expect(states[2].dropFirst(5).elementsEqual(numbers.states[2]))
        #expect(states.allSatisfy { $0.prefix(5).allSatisfy { $0 == 3 } })
    }
}
