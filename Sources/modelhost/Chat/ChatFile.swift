import Foundation
import HostCore
import HostFiles

/// A conversation as a file: `{"messages": [{"role", "content"}]}`, which chat completions take as it is.
enum ChatFile {
    private static let maximumBytes = 64 << 20

    static func write(_ messages: [ChatMessage], to path: String) throws(UsageError) {
        let list = messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] as JSONValue }
        do {
            try Data((["messages": .array(list)] as JSONValue).encoded().utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw UsageError(path, "cannot be written: \(error.localizedDescription)", advice: nil)
        }
    }

    static func read(_ path: String) throws(UsageError) -> [ChatMessage] {
        do {
            let json = try JSONValue(parsing: PlainFile(path).bytes(atMost: maximumBytes))
            guard let list = json["messages"]?.arrayValue ?? json.arrayValue else {
                throw UsageError(path, "holds no list of messages; a file that /save wrote was expected", advice: nil)
            }
            return try list.map { try message($0, in: path) }
        } catch let error as UsageError {
            throw error
        } catch let error as FileError {
            throw UsageError(path, "cannot be read: \(error.problem)", advice: nil)
        } catch {
            throw UsageError(path, "is not valid JSON: \(error)", advice: nil)
        }
    }

    private static func message(_ value: JSONValue, in path: String) throws(UsageError) -> ChatMessage {
        guard let role = value["role"]?.stringValue.flatMap(ChatMessage.Role.init), let content = value["content"]?.stringValue else {
            throw UsageError(path, "has a message without a role or without a text", advice: nil)
        }
        return ChatMessage(role, content)
    }
}
