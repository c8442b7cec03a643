// Streams, events and graphs. Work waits in a queue until a caller waits for it, so that a forgotten wait shows; a capture
// puts it into a graph, which is played in the order of its recording.
#include <deque>
#include <set>
#include "api.h"

namespace {

struct Graph { std::vector<Work> work; };
struct Stream;
/// A capture, which events may carry to other streams and back.
struct Capture {
    Stream *origin;
    int mode;
    Graph graph;
    std::set<Stream *> joined;
};
struct Stream {
    Context *context;
    std::deque<Work> queue;
    long put = 0, taken = 0;
    std::shared_ptr<Capture> capture;
    /// What the capture got here since the origin last waited for this stream.
    long unjoined = 0;
};
struct Event {
    Context *context;
    Stream *stream = nullptr;
    long number = 0;
    /// Shared with the work that sets it, for an event may be gone before its turn comes.
    std::shared_ptr<double> time;
    std::shared_ptr<Capture> capture;
    long unjoined = 0;
};

std::set<Stream *> streams;
std::map<Context *, Stream *> defaults;

/// Null and the two numbers for the default stream are one here.
Stream *find(void *handle) {
    if (handle > (void *)2) return (Stream *)handle;
    Stream *&s = defaults[currentContext()];
    if (!s) s = new Stream{currentContext()};
    return s;
}
bool isDefault(Stream *s) { return !streams.count(s); }

int drainUntil(Stream *s, long end) {
    while (!s->queue.empty() && s->taken < end) {
        Work work = std::move(s->queue.front());
        s->queue.pop_front();
        s->taken++;
        if (s->context->failure) continue;
        if (int code = work()) s->context->failure = code;
    }
    return s->context->failure;
}

}  // namespace

#define NEED_STREAM(s)                                                                                         \
    if (s > (void *)2 && !streams.count((Stream *)s)) return fail(400, std::string(__func__) + ": not a stream")

bool isCapturing(void *stream) { return find(stream)->capture != nullptr; }

int enqueue(void *handle, Work work) {
    if (handle > (void *)2 && !streams.count((Stream *)handle)) return fail(400, "not a stream");
    Stream *s = find(handle);
    if (s->context != currentContext()) return fail(400, "a stream of another context");
    if (s->capture) {
        s->capture->graph.work.push_back(std::move(work));
        s->unjoined++;
        return 0;
    }
    // The default stream waits for the others.
    if (isDefault(s)) drainAll(s->context);
    s->queue.push_back(std::move(work));
    s->put++;
    return 0;
}

int drain(void *handle) {
    Stream *s = find(handle);
    return drainUntil(s, s->put);
}
int drainAll(Context *context) {
    if (auto i = defaults.find(context); i != defaults.end()) drainUntil(i->second, i->second->put);
    for (Stream *s : streams) {
        if (s->context == context) drainUntil(s, s->put);
    }
    return context->failure;
}
void destroyStreams(Context *context) {
    for (auto i = streams.begin(); i != streams.end();) {
        if ((*i)->context != context) {
            i++;
            continue;
        }
        delete *i;
        i = streams.erase(i);
    }
}

int refuseInCapture(const char *name) {
    for (Stream *s : streams) {
        // 2 is the mode that allows everything.
        if (s->capture && s->capture->mode != 2) return fail(900, std::string(name) + " during a capture");
    }
    return 0;
}

API cuStreamCreate(void **stream, unsigned) {
    ENTER_CONTEXT;
    Stream *s = new Stream{currentContext()};
    streams.insert(s);
    *stream = s;
    return 0;
}
API cuStreamCreateWithPriority(void **stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }
API cuStreamDestroy_v2(void *stream) {
    ENTER;
    NEED_STREAM(stream);
    drain(stream);
    if (!streams.erase((Stream *)stream)) return fail(400, "cuStreamDestroy of the default stream");
    delete (Stream *)stream;
    return 0;
}
API cuStreamSynchronize(void *stream) {
    ENTER_CONTEXT;
    NEED_STREAM(stream);
    if (isCapturing(stream)) return fail(900, "cuStreamSynchronize of a stream in a capture");
    return isDefault(find(stream)) ? drainAll(currentContext()) : drain(stream);
}
/// Everybody who asks often enough sees the work done.
API cuStreamQuery(void *stream) {
    ENTER_CONTEXT;
    NEED_STREAM(stream);
    Stream *s = find(stream);
    if (s->queue.empty()) return 0;
    int code = drainUntil(s, s->taken + 1);
    return code ? code : 600;
}
API cuStreamWaitEvent(void *stream, void *event, unsigned) {
    ENTER_CONTEXT;
    NEED_STREAM(stream);
    Stream *s = find(stream);
    Event *e = (Event *)event;
    if (e->capture) {
        if (s->capture && s->capture != e->capture) return fail(905, "an event of another capture");
        // The stream becomes a part of the capture, or what it waits for is joined.
        if (!s->capture) s->capture = e->capture, s->unjoined = 0;
        if (s != e->capture->origin) e->capture->joined.insert(s);
        if (e->stream != e->capture->origin && e->unjoined == e->stream->unjoined) e->stream->unjoined = 0;
        return 0;
    }
    if (s->capture) return fail(905, "a capture waits for an event from outside");
    Stream *from = e->stream;
    if (!from || from == s) return 0;
    return enqueue(stream, [from, number = e->number] { return drainUntil(from, number); });
}

// MARK: Capture and graphs

API cuStreamBeginCapture_v2(void *stream, int mode) {
    ENTER_CONTEXT;
    NEED_STREAM(stream);
    Stream *s = find(stream);
    if (isDefault(s)) return fail(900, "a capture of the default stream");
    if (s->capture) return fail(901, "a capture in a capture");
    s->capture = std::make_shared<Capture>(Capture{s, mode, {}, {}});
    return 0;
}
API cuStreamEndCapture(void *stream, void **graph) {
    ENTER_CONTEXT;
    NEED_STREAM(stream);
    Stream *s = find(stream);
    *graph = nullptr;
    if (!s->capture || s->capture->origin != s) return fail(901, "no capture began in this stream");
    auto capture = s->capture;
    s->capture = nullptr;
    bool isJoined = true;
    for (Stream *other : capture->joined) {
        isJoined = isJoined && other->unjoined == 0;
        other->capture = nullptr;
    }
    if (!isJoined) return fail(904, "a stream of the capture was not waited for");
    *graph = new Graph(std::move(capture->graph));
    return 0;
}
API cuStreamIsCapturing(void *stream, int *status) { ENTER_CONTEXT; *status = isCapturing(stream); return 0; }
API cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long) {
    ENTER_CONTEXT;
    *executable = new Graph(*(Graph *)graph);
    return 0;
}
API cuGraphLaunch(void *executable, void *stream) {
    ENTER_CONTEXT;
    NEED_STREAM(stream);
    if (isCapturing(stream)) return fail(900, "a graph in a capture");
    auto graph = std::make_shared<Graph>(*(Graph *)executable);
    return enqueue(stream, [graph] {
        for (Work &work : graph->work) {
            if (int code = work()) return code;
        }
        return 0;
    });
}
API cuGraphUpload(void *, void *) { ENTER_CONTEXT; return 0; }
API cuGraphDestroy(void *graph) { ENTER; delete (Graph *)graph; return 0; }
API cuGraphExecDestroy(void *graph) { ENTER; delete (Graph *)graph; return 0; }
API cuGraphGetNodes(void *graph, void *, size_t *count) { ENTER; *count = ((Graph *)graph)->work.size(); return 0; }

// MARK: Events

API cuEventCreate(void **event, unsigned) { ENTER_CONTEXT; *event = new Event{currentContext()}; return 0; }
API cuEventDestroy_v2(void *event) { ENTER; delete (Event *)event; return 0; }
API cuEventRecord(void *event, void *stream) {
    ENTER_CONTEXT;
    NEED_STREAM(stream);
    Event *e = (Event *)event;
    Stream *s = find(stream);
    if (e->context != s->context) return fail(400, "an event of another context");
    e->stream = s;
    e->capture = s->capture;
    e->unjoined = s->unjoined;
    if (s->capture) return 0;
    auto time = e->time = std::make_shared<double>(0);
    enqueue(stream, [time] {
        *time = now();
        return 0;
    });
    e->number = s->put;
    return 0;
}
API cuEventSynchronize(void *event) {
    ENTER_CONTEXT;
    Event *e = (Event *)event;
    if (e->capture) return fail(900, "cuEventSynchronize of an event in a capture");
    return e->stream ? drainUntil(e->stream, e->number) : 0;
}
API cuEventQuery(void *event) {
    ENTER_CONTEXT;
    Event *e = (Event *)event;
    if (e->capture) return fail(900, "cuEventQuery of an event in a capture");
    if (!e->stream || e->stream->taken >= e->number) return 0;
    int code = drainUntil(e->stream, e->stream->taken + 1);
    return code ? code : 600;
}
API cuEventElapsedTime(float *milliseconds, void *from, void *to) {
    ENTER_CONTEXT;
    Event *a = (Event *)from, *b = (Event *)to;
    if (!a->time || !b->time) return fail(400, "an event that was not recorded");
    if (a->stream->taken < a->number || b->stream->taken < b->number) return 600;
    *milliseconds = (float)((*b->time - *a->time) * 1e3);
    return 0;
}
