# The installed runtime must define none of libunwind's or libgcc_s's names: whichever of the user's
# libraries defines them has to win as if Muster were not there. Arguments: NM, ARCHIVE.
execute_process(COMMAND ${NM} --defined-only --extern-only ${ARCHIVE}
                OUTPUT_VARIABLE symbols ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]* _?_?(_Unwind_|unw_|_UL?x86_64_|_ULaarch64_|_Uaarch64_)[^\n]*" leaked
       "${symbols}")
if(leaked)
  list(JOIN leaked "\n  " leaked)
  message(FATAL_ERROR "${ARCHIVE} defines names of the unwinder:\n  ${leaked}")
endif()
if(NOT symbols MATCHES "muster_unwind_")
  message(FATAL_ERROR "${ARCHIVE} defines no muster_unwind_ symbol: this check looks at nothing")
endif()
