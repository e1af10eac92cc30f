# Installs the build into one place and moves it to another, so that whatever remembers where it was
# built or put is found out. Arguments: BUILD, SOURCE, STAGE, PREFIX.
file(REMOVE_RECURSE ${STAGE} ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${STAGE}
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${STAGE} ${PREFIX})

file(GLOB_RECURSE texts ${PREFIX}/*.cmake ${PREFIX}/*.pc ${PREFIX}/*.h)
if(NOT texts)
  message(FATAL_ERROR "nothing was installed under ${PREFIX}")
endif()
foreach(text IN LISTS texts)
  file(READ ${text} content)
  foreach(place ${BUILD} ${SOURCE} ${STAGE})
    string(FIND "${content}" "${place}" found)
    if(NOT found EQUAL -1)
      message(SEND_ERROR "${text} names ${place}")
    endif()
  endforeach()
endforeach()
