// The harness of libFuzzer for the answers of a store's server, and for addresses of stores.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = answers(bytes, cut: max(1, count))
    // However it was cut, the same is understood and the same refused.
    for cut in [1, 3] { precondition(answers(bytes, cut: cut) == whole, "it depends on the cuts") }
    if let address = try? StoreAddress(parsing: String(decoding: bytes, as: UTF8.self)) {
        precondition(address.port > 0 && !address.host.isEmpty && address.database >= 0)
        precondition(address.password.map { $0.utf8.count < 12 || !address.shown.contains($0) } ?? true, "it shows the password")
    }
    return 0
}

private struct Outcome: Equatable {
    var values: [RESPValue] = []
    var isRefused = false
}

private func answers(_ bytes: [UInt8], cut: Int) -> Outcome {
    var limits = RESPParser.Limits(value: 1000)
    (limits.items, limits.depth, limits.line) = (64, 3, 100)
    var parser = RESPParser(limits: limits), outcome = Outcome(), fed = 0
    do {
        while fed < bytes.count {
            let piece = bytes[fed..<min(fed + cut, bytes.count)]
            parser.append(piece)
            fed += piece.count
            while let value = try parser.next() {
                precondition(isWithin(value, limits), "more than is allowed")
                outcome.values.append(value)
            }
            precondition(parser.heldCount <= fed, "more is held than came")
            // A value, its line and its end; what came in one piece may hold more than that.
            precondition(cut > 3 || parser.heldCount <= limits.value + limits.line + 8, "more is held than is read")
        }
    } catch {
        outcome.isRefused = true
    }
    return outcome
}

private func isWithin(_ value: RESPValue, _ limits: RESPParser.Limits) -> Bool {
    switch value {
    case .bytes(let bytes): bytes.count <= limits.value
    case .word(let text), .failure(let text): text.utf8.count <= 3 * limits.line
    case .list(let items): items.count <= limits.items && items.allSatisfy { isWithin($0, limits) }
    case .integer, .nothing: true
    }
}
