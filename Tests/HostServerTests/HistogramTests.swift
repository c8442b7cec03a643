import Testing

@testable import HostServer

struct HistogramTests {
    @Test("a value at a bound is below it, and one beyond all bounds has a bucket of its own")
    func buckets() {
        var histogram = Histogram([1, 2])
        for value in [0.5, 1, 1.5, 2, 3] { histogram.add(value) }
        #expect(histogram.counts == [2, 2, 1] && histogram.count == 5 && histogram.sum == 8)
    }

    @Test("two histograms add up bucket by bucket")
    func sum() {
        var one = Histogram([1]), other = Histogram([1])
        one.add(1)
        other.add(2)
        one.add(other)
        #expect(one.counts == [1, 1] && one.sum == 3)
    }
}
