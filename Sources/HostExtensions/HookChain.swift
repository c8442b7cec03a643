package import HostCore

/// The hooks of all extensions that are on, as one: changed by each in turn, or answered by the first.
///
/// An extension whose hook throws is switched off, and the others go on with what they had.
package struct HookChain: Sendable {
    private let extensions: ActiveExtensions

    package init(_ extensions: ActiveExtensions) { self.extensions = extensions }

    /// Whether no extension is on.
    package var isEmpty: Bool { extensions.active.isEmpty }

    package func history(_ history: [ChatMessage], state: RequestParameters) async -> [ChatMessage] {
        await chained(history, "historyModifier") { try await $0.historyModifier($1, state: state) }
    }

    package func state(_ state: RequestParameters) async -> RequestParameters {
        await chained(state, "stateModifier") { try await $0.stateModifier($1) }
    }

    /// The newest message of the user in a chat, else the whole prompt.
    package func input(_ text: String, state: RequestParameters) async -> String {
        let text =
            state.isChat
            ? await chained(text, "chatInputModifier") { try await $0.chatInputModifier($1, state: state) } : text
        return await chained(text, "inputModifier") { try await $0.inputModifier($1, state: state) }
    }

    package func botPrefix(state: RequestParameters) async -> String {
        await chained("", "botPrefixModifier") { try await $0.botPrefixModifier($1, state: state) }
    }

    package func chatPrompt(_ messages: [ChatMessage], state: RequestParameters) async -> String? {
        await first("customGenerateChatPrompt") { try await $0.customGenerateChatPrompt(messages, state: state) }
    }

    package func reply(_ prompt: String, state: RequestParameters) async -> AsyncThrowingStream<String, any Error>? {
        await first("customGenerateReply") { try await $0.customGenerateReply(prompt, state: state) }
    }

    package func tokens(_ tokens: [TokenID], prompt: String, state: RequestParameters) async -> [TokenID] {
        await chained(tokens, "tokenizerModifier") {
            try await $0.tokenizerModifier($1, prompt: prompt, state: state) ?? $1
        }
    }

    package func logitsProcessors(for state: RequestParameters, tokenizer: any Tokenizer) -> [any LogitsProcessor] {
        var processors: [any LogitsProcessor] = []
        for member in extensions.active {
            do {
                if let processor = try member.value.logitsProcessor(for: state, tokenizer: tokenizer) {
                    processors.append(processor)
                }
            } catch {
                extensions.switchOff(member.name, hook: "logitsProcessor", because: error)
            }
        }
        return processors
    }

    package func tokenizedLength(_ text: String) async -> Int? {
        await first("customTokenizedLength") { try $0.customTokenizedLength(text) }
    }

    /// What changes the whole answer; nil when no extension does, so that it may be shown while it grows.
    package func output(state: RequestParameters) -> (@Sendable (String) async -> String)? {
        var modifiers: [(name: String, modify: OutputModifier)] = []
        for member in extensions.active {
            do {
                if let modify = try member.value.outputModifier(for: state) { modifiers.append((member.name, modify)) }
            } catch {
                extensions.switchOff(member.name, hook: "outputModifier", because: error)
            }
        }
        guard !modifiers.isEmpty else { return nil }
        return { [extensions, modifiers] answer in
            var answer = answer
            for (name, modify) in modifiers {
                do {
                    answer = try await modify(answer)
                } catch {
                    extensions.switchOff(name, hook: "outputModifier", because: error)
                }
            }
            return answer
        }
    }

    private func chained<Value>(
        _ value: Value, _ hook: String, _ change: (any HostExtension, Value) async throws -> Value
    ) async -> Value {
        var value = value
        for member in extensions.active {
            do {
                value = try await change(member.value, value)
            } catch {
                extensions.switchOff(member.name, hook: hook, because: error)
            }
        }
        return value
    }

    private func first<Value>(_ hook: String, _ ask: (any HostExtension) async throws -> Value?) async -> Value? {
        for member in extensions.active {
            do {
                if let answer = try await ask(member.value) { return answer }
            } catch {
                extensions.switchOff(member.name, hook: hook, because: error)
            }
        }
        return nil
    }
}
