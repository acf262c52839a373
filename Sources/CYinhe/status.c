#include "yinhe.h"

const char *yinhe_status_name(yinhe_status status) {
    switch (status) {
    case YINHE_OK: return "ok";
    case YINHE_INTERNAL: return "internal";
    case YINHE_USAGE: return "usage";
    case YINHE_BAD_INPUT: return "bad-input";
    case YINHE_CONTRACT: return "contract";
    case YINHE_PEER_UNREACHABLE: return "peer-unreachable";
    case YINHE_PEER_MISMATCH: return "peer-mismatch";
    case YINHE_PEER_MISBEHAVED: return "peer-misbehaved";
    case YINHE_PEER_ABORTED: return "peer-aborted";
    case YINHE_SYSTEM: return "system";
    case YINHE_BUDGET: return "budget";
    case YINHE_LEDGER: return "ledger";
    case YINHE_BELOW_MINIMUM: return "below-minimum";
    case YINHE_RANGE: return "range";
    case YINHE_CANCELLED: return "cancelled";
    default: return "unknown";
    }
}
