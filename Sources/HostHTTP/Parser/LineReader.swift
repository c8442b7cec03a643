/// Collects one line that ends in CRLF, over as many pieces as it comes in.
///
/// A control byte, a CR without LF and a LF without CR are refused at once: they are what smuggling is made of.
struct LineReader: Sendable {
    private var bytes: [UInt8] = []
    private var sawCR = false

    var isEmpty: Bool { bytes.isEmpty && !sawCR }

    /// The line without its end, or nil when the input ends first.
    mutating func read(
        from input: [UInt8], at position: inout Int, limit: Int, orElse tooLong: HTTPFailure
    ) throws(HTTPFailure) -> [UInt8]? {
        while position < input.count {
            let byte = input[position]
            position += 1
            if sawCR {
                guard byte == HTTPSyntax.lf else { throw .badRequest("a carriage return stands alone") }
                let line = bytes
                bytes = []
                sawCR = false
                return line
            }
            if byte == HTTPSyntax.cr {
                sawCR = true
                continue
            }
            guard HTTPSyntax.isFieldValueByte(byte) else { throw Self.refusal(of: byte) }
            guard bytes.count < limit else { throw tooLong }
            bytes.append(byte)
        }
        return nil
    }

    private static func refusal(of byte: UInt8) -> HTTPFailure {
        byte == HTTPSyntax.lf
            ? .badRequest("lines must end in CRLF, not in LF alone")
            : .badRequest("a control byte stands in the header")
    }
}
