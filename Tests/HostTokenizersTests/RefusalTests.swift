import HostCore
import HostTokenizers
import Support
import Testing

@Suite("Tokenizer files that are refused, and why")
struct RefusalTests {
    static func bytePair(
        vocab: String = #"{"a": 0, "b": 1, "ab": 2}"#, merges: String = #"["a b"]"#, added: String = "[]",
        normalizer: String = "null", preTokenizer: String = #"{"type": "ByteLevel", "add_prefix_space": false}"#,
        postProcessor: String = "null", decoder: String = "null", model: String = #""type": "BPE""#
    ) -> String {
        """
        {"added_tokens": \(added), "normalizer": \(normalizer), "pre_tokenizer": \(preTokenizer),
         "post_processor": \(postProcessor), "decoder": \(decoder),
         "model": {\(model), "vocab": \(vocab), "merges": \(merges)}}
        """
    }

    static func error(opening text: String) -> LoadError? {
        do {
            _ = try TokenizerFile.open(bytes: Array(text.utf8), name: "tokenizer.json")
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A tokenizer.json that contradicts itself or asks too much names the field",
        arguments: [
            (bytePair(merges: #"["a c"]"#), LoadError.Kind.corrupt, "model.merges[0]"),
            (bytePair(merges: #"["b a"]"#), .corrupt, "model.merges[0]"),
            (bytePair(merges: #"["a"]"#), .corrupt, "model.merges[0]"),
            (bytePair(merges: #"["a b c"]"#), .corrupt, "model.merges[0]"),
            (bytePair(merges: #"[["a", 1]]"#), .corrupt, "model.merges[0]"),
            (bytePair(merges: #"[7]"#), .corrupt, "model.merges[0]"),
            (bytePair(merges: "{}"), .corrupt, "model.merges"),
            (bytePair(vocab: #"{"a": 0, "b": 0}"#, merges: "[]"), .corrupt, "number 0"),
            (bytePair(vocab: #"{"a": -1}"#, merges: "[]"), .corrupt, "-1"),
            (bytePair(vocab: #"{"a": 99999999999}"#, merges: "[]"), .corrupt, "99999999999"),
            (bytePair(vocab: #"{"a": 1.5}"#, merges: "[]"), .corrupt, "model.vocab"),
            (bytePair(vocab: "{}", merges: "[]"), .corrupt, "model.vocab"),
            (bytePair(vocab: "[]", merges: "[]"), .corrupt, "model.vocab"),
            (bytePair(added: #"[{"id": 1, "content": "x"}]"#), .corrupt, "added_tokens[0]"),
            (bytePair(added: #"[{"id": 1, "content": "a"}]"#), .corrupt, "added_tokens[0]"),
            (bytePair(added: #"[{"id": 3, "content": ""}]"#), .corrupt, "added_tokens[0]"),
            (bytePair(added: #"[{"id": 3, "content": "x"}, {"id": 4, "content": "x"}]"#), .corrupt, "added_tokens[1]"),
            (bytePair(added: #"[{"content": "x"}]"#), .corrupt, "added_tokens[0].id"),
            (bytePair(added: #"[{"id": 3, "content": "x", "special": "yes"}]"#), .corrupt, "added_tokens[0].special"),
            (bytePair(normalizer: #"{"type": "NFKC"}"#), .unsupported, "NFKC"),
            (
                bytePair(normalizer: #"{"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}"#), .unsupported,
                "Lowercase"
            ),
            (bytePair(normalizer: #"{}"#), .corrupt, "normalizer.type"),
            (bytePair(preTokenizer: "null"), .unsupported, "pre_tokenizer"),
            (bytePair(preTokenizer: #"{"type": "Metaspace"}"#), .unsupported, "Metaspace"),
            (
                bytePair(
                    preTokenizer: #"{"type": "Sequence", "pretokenizers": [{"type": "Split"}, {"type": "ByteLevel"}]}"#),
                .unsupported, "pre_tokenizer"
            ),
            (bytePair(preTokenizer: #"{"type": "Split", "pattern": {"Regex": "(a+)+$"}}"#), .unsupported, "Split"),
            (bytePair(postProcessor: #"{"type": "BertProcessing"}"#), .unsupported, "BertProcessing"),
            (
                bytePair(
                    postProcessor:
                        #"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "a"}}, {"Sequence": {}}]}"#),
                .unsupported, "TemplateProcessing"
            ),
            (bytePair(decoder: #"{"type": "WordPiece"}"#), .unsupported, "WordPiece"),
            (bytePair(model: #""type": "Unigram""#), .unsupported, "Unigram"),
            (bytePair(model: #""type": "BPE", "dropout": 0.1"#), .unsupported, "dropout"),
            (bytePair(model: #""type": "BPE", "end_of_word_suffix": "</w>""#), .unsupported, "end_of_word_suffix"),
            (bytePair(model: #""type": "BPE", "byte_fallback": true"#), .unsupported, "byte_fallback"),
            (bytePair(model: #""type": "BPE", "unk_token": "<unk>""#), .corrupt, "unk_token"),
            (#"{"model": 3}"#, .unrecognised, "model"),
            (#"{"chat_template": ""}"#, .unrecognised, "tokenizer_config.json"),
            (#"{"model": "#, .corrupt, "JSON"),
            ("", .truncated, "empty"),
            ("\n \n", .truncated, "empty"),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", .unrecognised, "git lfs pull"),
            ("<!DOCTYPE html><html></html>", .unrecognised, "web page"),
            ("\u{1F}\u{8}", .unrecognised, "neither"),
            ("#version: 0.2\n\u{120} t\n", .unrecognised, "neither"),
        ])
    func refuses(_ text: String, _ kind: LoadError.Kind, _ mention: String) throws {
        let error = try #require(RefusalTests.error(opening: text))
        #expect(error.kind == kind, "\(error)")
        #expect(error.subject.contains("tokenizer.json"))
        #expect(error.description.contains(mention), "\(error)")
    }

    @Test("The same file without the fault is accepted")
    func acceptsTheBasis() throws {
        #expect(RefusalTests.error(opening: RefusalTests.bytePair()) == nil)
        let nested = #"{"type": "Sequence", "normalizers": [{"type": "NFC"}]}"#
        #expect(RefusalTests.error(opening: RefusalTests.bytePair(normalizer: nested)) == nil)
    }

    @Test("More merges than any tokenizer has are refused by their number")
    func tooManyMerges() throws {
        let merges = "[" + Array(repeating: "0", count: 2_100_000).joined(separator: ",") + "]"
        let error = try #require(RefusalTests.error(opening: RefusalTests.bytePair(merges: merges)))
        #expect(error.kind == .unsupported)
        #expect(error.problem.contains("2100000"))
    }

    @Test("Missing files, folders and pipes are named, not read")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        #expect(throws: LoadError(.notFound, folder.path + "none.json", "no such file", advice: "Check the spelling.")) {
            try TokenizerFile.open(path: folder.path + "none.json")
        }
        #expect(throws: LoadError(.unreadable, folder.path, "expected a file, found a folder")) {
            try TokenizerFile.open(path: folder.path)
        }
        #expect(throws: LoadError(.unreadable, "/dev/zero", "expected a file, found a device")) {
            try TokenizerFile.open(path: "/dev/zero")
        }
    }
}
