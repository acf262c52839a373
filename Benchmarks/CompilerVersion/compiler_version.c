#include "compiler_version.h"

const char *yinhe_c_compiler(void) { return __VERSION__; }
