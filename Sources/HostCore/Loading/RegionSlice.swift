/// A part of another region, which it keeps alive; how a tensor is presented where it lies in a file.
public final class RegionSlice: ByteRegion {
    private let whole: any ByteRegion
    private let range: Range<Int>

    /// - Precondition: `range` lies within `whole`; the code that read the file's numbers has checked them by now.
    public init(_ whole: any ByteRegion, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= whole.count, "a slice outside its region")
        if let slice = whole as? RegionSlice {
            let start = slice.range.lowerBound
            self.whole = slice.whole
            self.range = range.lowerBound + start..<range.upperBound + start
        } else {
            self.whole = whole
            self.range = range
        }
    }

    public var count: Int { range.count }

    public var owner: ObjectIdentifier { whole.owner }

    public func checkUnchanged() throws(LoadError) { try whole.checkUnchanged() }

    public func noteContents(of range: Range<Int>) throws(LoadError) {
        let start = self.range.lowerBound
        try whole.noteContents(of: range.lowerBound + start..<range.upperBound + start)
    }

    public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try whole.withBytes { bytes throws(Failure) in try body(bytes.extracting(range)) }
    }

    public func forget(_ range: Range<Int>) {
        let start = self.range.lowerBound
        whole.forget(range.lowerBound + start..<range.upperBound + start)
    }
}

extension ByteRegion {
    /// - Precondition: `range` lies within the region.
    public func slice(_ range: Range<Int>) -> RegionSlice { RegionSlice(self, range) }
}
