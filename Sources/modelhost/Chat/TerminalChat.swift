import Foundation
import HostCore
import HostGeneration
import HostModels
import HostTemplates

/// A conversation on the terminal: a line, an answer, and the commands of `ChatWord` between them.
final class TerminalChat {
    private let manager: ModelManager
    private let turn: TerminalTurn
    private let interruption = Interruption()
    private let input = LineInput()
    private var messages: [ChatMessage] = []
    private var system: String?

    init(manager: ModelManager, turn: TerminalTurn, system: String?) {
        self.manager = manager
        self.turn = turn
        self.system = system
    }

    func run() async throws {
        if input.isTerminal {
            let current = await manager.status().current
            Terminal.err("\(current?.id ?? ""): \(current?.info.plan ?? ""). /help lists the commands; Ctrl-D leaves.")
        }
        while true {
            switch input.next(prompt: "> ") {
            case .end: return
            case .interrupted: Terminal.err("Ctrl-D or /quit leaves.")
            case .text(let line):
                if line.allSatisfy(\.isWhitespace) { continue }
                if ChatWord(line) == .quit { return }
                do {
                    try await obey(ChatWord(line))
                } catch let error as ModelServiceError {
                    Terminal.err(ServiceErrorText.text(error))
                } catch {
                    Terminal.err("\(error)")
                }
            }
        }
    }

    private func obey(_ word: ChatWord) async throws {
        switch word {
        case .say(let text): try await say(messages + [ChatMessage(.user, text)])
        case .regenerate:
            guard let last = messages.lastIndex(where: { $0.role == .user }) else { return Terminal.err("there is no answer yet") }
            try await say(Array(messages[...last]))
        case .help: Terminal.out(ChatWord.overview)
        case .models:
            for listing in await manager.listings() {
                Terminal.out("\(listing.id)  \(listing.state.rawValue)\(listing.refusals.first.map { ": \($0)" } ?? "")")
            }
        case .new: messages = []
        case .system(let text): system = text.isEmpty ? nil : text
        case .switchModel(let name):
            let manager = manager
            try await LoadingBar(manager: manager).during { () async throws(ModelServiceError) in
                _ = try await manager.load(model: name, options: nil)
            }
            let current = await manager.status().current
            Terminal.err("\(current?.id ?? name): \(current?.info.plan ?? "")")
        case .save(let path):
            try ChatFile.write(whole(messages), to: path)
            Terminal.err("\(path): \(messages.count) messages")
        case .load(let path):
            let read = try ChatFile.read(path)
            system = read.first.flatMap { $0.role == .system ? $0.content : nil }
            messages = system == nil ? read : Array(read.dropFirst())
            Terminal.err("\(messages.count) messages")
        case .wrong(let text): Terminal.err(text)
        case .quit: break
        }
    }

    private func whole(_ messages: [ChatMessage]) -> [ChatMessage] {
        (system.map { [ChatMessage(.system, $0)] } ?? []) + messages
    }

    /// Has the next turn written; what was written until Ctrl-C stays a turn.
    private func say(_ messages: [ChatMessage]) async throws {
        let lease = try await manager.lease(model: nil)
        let turn = turn, list = whole(messages)
        let (answer, finish) = try await interruption.during {
            let printer = TurnPrinter()
            defer { printer.end() }
            return try await turn.answer(list, on: lease) { printer.show(thought: $0, answer: $1) }
        }
        self.messages = messages + [answer]
        guard input.isTerminal else { return }
        switch finish?.reason {
        case .stop: break
        case .length: Terminal.err("(--max-tokens reached)")
        default: Terminal.err("(stopped)")
        }
    }
}

/// Shows a turn on the terminal as it comes: thoughts dimmed on standard error, the answer on standard output.
final class TurnPrinter {
    private var isThinking = false

    func show(thought: String, answer: String) {
        if !thought.isEmpty {
            isThinking = true
            Terminal.aside(thought)
        }
        guard !answer.isEmpty else { return }
        if isThinking { Terminal.aside("\n\n") }
        isThinking = false
        Terminal.outText(answer)
    }

    func end() { Terminal.out("") }
}
