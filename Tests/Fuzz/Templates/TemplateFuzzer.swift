// The harness of libFuzzer for chat templates: any text is a template, and one that can be read is rendered.
import Foundation
import HostCore
import HostTemplates

private let context: [String: JSONValue] = [
    "messages": [
        ["role": "system", "content": "Be brief."], ["role": "user", "content": " Hi é😀\n"],
        [
            "role": "assistant", "content": nil,
            "tool_calls": [["function": ["name": "f", "arguments": ["a": 1, "b": [2.5, true]]]]],
        ],
    ],
    "add_generation_prompt": true, "n": 7, "x": 2.5, "nothing": nil, "words": ["b", "a", "b"], "bos_token": "<s>",
]

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let source = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    do {
        _ = try ChatTemplate(source: source).render(
            context: context, now: Date(timeIntervalSince1970: 0), maximumSteps: 20_000)
    } catch {
        precondition(!error.description.isEmpty && error.position.line >= 1)
    }
    return 0
}
