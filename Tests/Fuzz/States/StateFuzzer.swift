// The harness of libFuzzer for state files; run.sh compiles it together with their source.
import HostCore

/// The first byte of an input says what the rest is: a whole file, a header and numbers in a sound file around them, so that
/// the checksum does not keep the fuzzer out, or the parts of a state.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    switch start[0] % 3 {
    case 0: read(input)
    case 1:
        // The header ends at the first zero byte.
        let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let size = withUnsafeBytes(of: UInt32(parts[0].count).littleEndian) { Array($0) }
        let content = Array("MODELHOST-STATE\n".utf8) + size + parts[0] + (parts.count > 1 ? Array(parts[1]) : [])
        read(content + SHA256.digest(of: content))
    default: write(input)
    }
    return 0
}

private func read(_ bytes: [UInt8]) {
    do throws(GenerationError) {
        let file = try StateFile(bytes, name: "input", model: "m")
        precondition(file.snapshot.values.allSatisfy(\.isFinite) && file.logits.allSatisfy(\.isFinite))
        precondition((0...1 << 53).contains(file.tokenCount) && file.pending.count <= 64)
        precondition(4 * (file.snapshot.values.count + file.logits.count) <= bytes.count, "more numbers than bytes")
        check(file)
    } catch {
        precondition(error.kind == .stateMismatch && error.subject == "input" && !error.problem.isEmpty)
    }
}

/// What is read can be written, and is read the same again.
private func check(_ file: StateFile) {
    guard let again = try? StateFile(file.encoded(), name: "again", model: file.model) else {
        preconditionFailure("the host's own file is refused")
    }
    precondition(again.snapshot == file.snapshot && again.logits == file.logits)
    precondition(again.tokenCount == file.tokenCount && again.pending == file.pending && again.model == file.model)
}

/// A state made of the input; its file is read back, and refused with any bit changed and with any end cut off.
private func write(_ input: [UInt8]) {
    let values = input.prefix(200).map { Float($0) - 100 }
    let file = StateFile(
        model: "m", snapshot: StateSnapshot(layout: String(decoding: input.prefix(20), as: UTF8.self), values: values),
        logits: input.suffix(5).map(Float.init), tokenCount: input.count, pending: input.suffix(3).map(Int.init))
    check(file)
    let bytes = file.encoded()
    let place = input.reduce(0) { ($0 * 31 + Int($1)) % (bytes.count * 8) }
    var changed = bytes
    changed[place / 8] ^= 1 << (place % 8)
    precondition((try? StateFile(changed, name: "changed", model: "m")) == nil, "a changed bit goes unseen")
    precondition((try? StateFile(Array(bytes.prefix(place / 8)), name: "cut", model: "m")) == nil, "a cut goes unseen")
    precondition((try? StateFile(bytes, name: "other", model: "n")) == nil, "it is taken for that of another model")
}
