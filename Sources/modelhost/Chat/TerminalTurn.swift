import HostCore
import HostGeneration
import HostTemplates

/// The assistant's next turn, printed piece by piece; prompt, stops and thoughts are those of the HTTP API.
struct TerminalTurn {
    /// How the turn is generated; its prompt comes of the messages.
    let request: GenerationRequest
    let options: ChatOptions
    let log: Log

    /// - Parameter show: takes what the model thinks and what it says, as they come.
    /// - Returns: what it said, and how it ended.
    func answer(
        _ messages: [ChatMessage], on lease: EngineLease, show: (_ thought: String, _ answer: String) -> Void
    ) async throws -> (message: ChatMessage, finish: FinishReport?) {
        let turn = ChatTurn(messages, options: options)
        let prompt = try ChatPrompt(turn, for: lease.loaded, named: lease.modelID) { log.warning($0) }
        var request = request
        request.prompt = prompt.prompt
        request.stopStrings += prompt.stopStrings
        request.messageEnds = prompt.messageEnds
        var beginning = AnswerBeginning(stripsLeadingSpace: true, cutsTagEnd: prompt.prefilled.cutsTagEnd)
        var thoughts = prompt.reasoningParser(for: turn), text = ""
        func display(_ parts: (thought: String, answer: String)) {
            text += parts.answer
            if !parts.thought.isEmpty || !parts.answer.isEmpty { show(parts.thought, parts.answer) }
        }
        display(thoughts.append(prompt.prefilled.shown))
        var finish: FinishReport?
        for try await event in try await lease.engine.generate(request) {
            switch event {
            case .progress, .prompt: break
            case .token(let report): display(thoughts.append(beginning.visible(report.text)))
            case .finished(let report):
                display(thoughts.append(beginning.visible(report.text)))
                display(thoughts.flush())
                finish = report
            }
        }
        return (ChatMessage(.assistant, text), finish)
    }
}
