// The harness of libFuzzer for constraints: what people send as grammar, expression or schema, and texts written under it.
import HostCore
import HostConstraints

/// The first byte of an input says what the rest is; behind a byte 0xFF stand the choices of a model.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start + 1, count: count - 1)
    let parts = input.split(separator: 0xFF, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: parts[0], as: UTF8.self)
    let choices = parts.count > 1 ? Array(parts[1]) : [7, 99, 3, 200, 41, 0, 18, 250, 64, 5]
    switch start[0] % 4 {
    case 0: write(.grammar(text), choices)
    case 1: write(.regex(text), choices)
    case 2:
        if let schema = try? JSONValue(parsing: text) { write(.jsonSchema(schema), choices) }
    default: write(.jsonObject, Array(input))
    }
    return 0
}

private let tokenizer = ByteTokenizer(words: [
    "\"", "\":", "{\"", "\"}", "ab", "abc", "\",\"", "日本", "日", "\\u00", "12", "true", "  ", "\n  ", "[[", "]]",
])

private func write(_ constraint: OutputConstraint, _ choices: [UInt8]) {
    let vocabularySize = tokenizer.vocabularySize
    let cache = ConstraintCache(tokenizer: tokenizer, vocabularySize: vocabularySize, endOfText: [0])
    do {
        var matcher = try cache.matcher(for: constraint)
        var bytes: [UInt8] = []
        for (step, choice) in choices.prefix(200).enumerated() {
            var logits = [Float](repeating: 0, count: vocabularySize)
            try matcher.mask(&logits)
            let allowed = logits.indices.filter { logits[$0] == 0 }
            precondition(!allowed.isEmpty, "a dead end")
            precondition(allowed.contains(0) == matcher.canEnd, "the end is allowed where the text cannot end")
            precondition(matcher.mustEnd == (allowed == [0]), "a complete text that goes on, or one that stops early")
            if step % 8 == 1 { checkWords(matcher, logits) }
            if matcher.mustEnd { break }
            let texts = allowed.filter { $0 != 0 }
            let token = texts[Int(choice) * 31 % texts.count]
            bytes += tokenizer.bytes(of: token)
            matcher.advance(by: token)
        }
        if matcher.canEnd { check(bytes, constraint) }
    } catch let error as GenerationError {
        precondition(error.kind == .invalidParameter && !error.description.isEmpty)
    } catch {
        preconditionFailure("\(error)")
    }
}

/// A word is allowed exactly when its bytes are, one after the other.
private func checkWords(_ start: ConstraintMatcher, _ logits: [Float]) {
    for token in 257..<tokenizer.vocabularySize {
        var matcher = start
        let fits = tokenizer.bytes(of: token).allSatisfy { byte in
            var logits = [Float](repeating: 0, count: tokenizer.vocabularySize)
            guard (try? matcher.mask(&logits)) != nil, logits[Int(byte) + 1] == 0 else { return false }
            matcher.advance(by: Int(byte) + 1)
            return true
        }
        precondition(fits == (logits[token] == 0), "the mask and the bytes disagree")
    }
}

private func check(_ bytes: [UInt8], _ constraint: OutputConstraint) {
    precondition(String(validating: bytes, as: UTF8.self) != nil, "a text that is not UTF-8")
    switch constraint {
    case .jsonObject, .jsonSchema:
        do {
            _ = try JSONValue(parsing: bytes, maximumDepth: 1000)
        } catch let error as JSONError {
            // Free keys may repeat.
            precondition(
                error.problem.hasSuffix("appears twice"), "\(error): \(String(decoding: bytes, as: UTF8.self))")
        } catch {
            preconditionFailure("\(error)")
        }
    case .grammar, .regex: break
    }
}
